/**
 * Gives the memory under bytes back to the system now. Left to the garbage collector, what zlib allocates waits until
 * there are 70 MB of it (measured), which is more than all the rest of an export. Only for bytes whose whole buffer
 * nobody uses any more; Node's pool, which many share, is told by its size and left alone.
 */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength !== Buffer.poolSize) buffer.transfer(0);
}
