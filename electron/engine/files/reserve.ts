import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { isKnown, pathOf } from './direct.ts';

/** Bytes of what `stat.blocks` counts, whatever a file system's blocks are (stat(2)). */
const BLOCK = 512;

/**
 * Reserves the blocks of a file's first `size` bytes, and makes it as long: what many connections write in turns lies together
 * on the disk then, and is written sooner. By fallocate(1) of util-linux, because Node has no call for it. Does nothing where
 * that, or the room, is not there, and on file systems that may write zeros instead (fault 69).
 */
export async function reserveSpace(handle: fs.FileHandle, size: number): Promise<void> {
  if (process.platform !== 'linux') return;
  try {
    const [{ type, bavail, bsize }, { blocks }] = await Promise.all([fs.statfs(pathOf(handle)), handle.stat()]);
    if (!isKnown(type) || size - blocks * BLOCK > bavail * bsize) return;
    const stdio = ['ignore', 'ignore', 'ignore', handle.fd] as const;
    await once(spawn('fallocate', ['-l', String(size), '/proc/self/fd/3'], { stdio: [...stdio] }), 'exit');
  } catch {
    // Nothing depends on it: the disk may be slower, or be full only later.
  }
}

/** Bytes of the disk that a file has, written to or reserved; 0 where there is none. */
export async function allocatedBytes(path: string): Promise<number> {
  const stats = await fs.lstat(path).catch(() => null);
  return (stats?.blocks ?? 0) * BLOCK;
}
