/** A file system of its own that can be filled and taken away: a tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Leaves `free` bytes. */
  fill(free?: number): void;
  /** Gives back what `fill` took. */
  empty(): void;
  /** Takes it away, as a cable that is pulled: open files live on, the path leads to an empty folder. */
  unmount(): void;
}

/** Name of the file that takes the room. */
export const FILLER = 'filler';

/** Mounts a tmpfs of `bytes` at `path`; null where this process may not. */
export function mountSmallDisk(path: string, bytes: number): SmallDisk | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  mkdirSync(path, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'sluice-test', path]);
  if (status !== 0) return null;
  const filler = join(path, FILLER);
  let isMounted = true;

  const unmount = () => {
    if (isMounted) spawnSync('umount', ['--lazy', path]);
    isMounted = false;
  };
  return {
    path,
    fill(free = 0) {
      const fd = openSync(filler, 'a');
      try {
        for (const piece of [1 << 20, 4096]) writeUntilFull(fd, Buffer.alloc(piece));
      } finally {
        closeSync(fd);
      }
      if (free > 0) spawnSync('truncate', ['--size', `-${free}`, filler]);
    },
    empty: () => rmSync(filler, { force: true }),
    unmount,
    [Symbol.dispose]: unmount,
  };
}

function writeUntilFull(fd: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
