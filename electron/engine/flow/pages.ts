/**
 * Memory that a disk and other threads can read by themselves: a direct write (open(2), O_DIRECT) takes none that begins within
 * a page.
 */

/** Bytes of a page, and of the largest block that usual disks have. */
export const PAGE = 4096;

/** A buffer in pages of its own. V8 gives them to what may grow; any other begins anywhere. Other threads see it too. */
export function pages(bytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(bytes, { maxByteLength: bytes }));
}

/** Whether byte `at` of a buffer is known to begin a page. */
export function beginsPage({ buffer, byteOffset }: Buffer, at: number): boolean {
  return buffer instanceof SharedArrayBuffer && buffer.growable && (byteOffset + at) % PAGE === 0;
}
