/**
 * File systems that can be filled: a tmpfs, which can be taken away too and which only root may mount, or a folder that the
 * engine's process takes for one.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Disk {
  readonly path: string;
  /** Leaves `free` bytes. */
  fill(free?: number): void;
  /** Gives back what `fill` took. */
  empty(): void;
  /** Of an injected one: what tells a process of it (injected-disk.ts). */
  readonly env?: Readonly<Record<string, string>>;
}

/** A disk that is one only for processes that are told of it. */
export interface InjectedDisk extends Disk {
  /** Refuses a file another name for now, as while a virus scanner holds it; hard links it has none then. */
  holdNames(): void;
  releaseNames(): void;
}

export interface SmallDisk extends Disk, Disposable {
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

/** True where this machine lets a disk be mounted. */
export function canFillDisks(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'sluice-mount-'));
  using disk = mountSmallDisk(path, 1 << 20);
  disk?.unmount();
  rmSync(path, { recursive: true });
  return disk !== null;
}

/** A disk at `path` that is one only for engines that are started with its `env`, and is removed with its folder. */
export function injectDisk(path: string): InjectedDisk {
  mkdirSync(path, { recursive: true });
  const room = `${path}.room`;
  const held = `${path}.held`;
  let filled = 0;
  return {
    path,
    fill(free = 0) {
      filled += 1;
      // The number makes it news each time.
      writeFileSync(room, `${free} bytes are free, for the ${filled}. time`);
    },
    empty: () => rmSync(room, { force: true }),
    holdNames: () => writeFileSync(held, ''),
    releaseNames: () => rmSync(held),
    env: { SLUICE_DISK: path, SLUICE_DISK_ROOM: room, SLUICE_DISK_HELD: held },
  };
}

function writeUntilFull(fd: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
