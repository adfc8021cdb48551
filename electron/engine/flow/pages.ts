/** Memory that a disk can read by itself: a direct write (open(2), O_DIRECT) takes none that begins within a page. */

/** Bytes of a page, and of the largest block that usual disks have. */
export const PAGE = 4096;

/** A buffer in pages of its own. V8 gives them to resizable ArrayBuffers; any other begins anywhere. */
export function pages(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }));
}

/** Whether byte `at` of a buffer is known to begin a page. */
export function beginsPage({ buffer, byteOffset }: Buffer, at: number): boolean {
  return buffer instanceof ArrayBuffer && buffer.resizable && (byteOffset + at) % PAGE === 0;
}
