/**
 * `node --import injected-disk.ts`: for this process, threads included, the folder SLUICE_DISK is a file system of its own,
 * which is full while the file SLUICE_DISK_ROOM is there: its text begins with the bytes that may still be written. While
 * SLUICE_DISK_HELD is there, it has no hard links, and names are refused for the moment.
 * For whoever may not mount one (small-disk.ts). What libraries of C write, as the store's, goes past it.
 */
import type { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';

const disk = process.env['SLUICE_DISK'] ?? '';
const roomFile = process.env['SLUICE_DISK_ROOM'] ?? '';
const heldFile = process.env['SLUICE_DISK_HELD'] ?? '';
const { open, link, rename, statfs } = fs.promises;
const { write, readFileSync, existsSync } = fs;

const isOnDisk = (path: fs.PathLike) => `${String(path)}${sep}`.startsWith(disk + sep);
/** Descriptors of files on the disk, and the bytes of a block that each writes whole ones of. */
const files = new Map<number, number>();

/** The block of a file that is opened on the disk, by its name or by a descriptor; null for one elsewhere. */
function blockOf(path: fs.PathLike): number | null {
  // Opened again for direct writes (electron/engine/files/direct.ts).
  const again = /^\/proc\/self\/fd\/(\d+)$/.exec(String(path))?.[1];
  if (again !== undefined) return files.has(Number(again)) ? 4096 : null;
  return isOnDisk(path) ? 1 : null;
}

/** What the room's file said last, and how much of that is left. */
let said = '';
let left = Infinity;

function room(): number {
  let text = '';
  try {
    text = readFileSync(roomFile, 'utf8');
  } catch {
    // Not full.
  }
  if (text !== said) left = text === '' ? Infinity : Number.parseInt(text, 10);
  said = text;
  return left;
}

function refusal(code: 'ENOSPC' | 'EXDEV' | 'EPERM' | 'EBUSY', errno: number, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}, as injected`), { code, errno, syscall });
}

/** Writes what there is room for, which may be less than all, as a real disk does. */
function writeWithin(
  fd: number,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  position: number | null,
  done: (error: NodeJS.ErrnoException | null, bytes: number, buffer: NodeJS.ArrayBufferView) => void,
): void {
  const block = files.get(fd);
  const free = block === undefined ? Infinity : room();
  const bytes = length <= free ? length : free - (free % (block ?? 1));
  if (bytes === 0 && length > 0) {
    setImmediate(done, refusal('ENOSPC', -28, 'write'), 0, buffer);
    return;
  }
  if (block !== undefined) left -= bytes;
  write(fd, buffer, offset, bytes, position, done);
}

async function openWithin(...args: Parameters<typeof open>): Promise<fs.promises.FileHandle> {
  const handle = await open(...args);
  const block = blockOf(args[0]);
  if (block === null) return handle;
  const { fd } = handle;
  files.set(fd, block);
  // It is one, which its type leaves out (nodejs.org/api/fs.html#event-close).
  (handle as unknown as EventEmitter).once('close', () => files.delete(fd));
  const writeThis = (buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number) =>
    new Promise((resolve, reject) => {
      writeWithin(fd, buffer, offset, length, position, (error, bytesWritten) => {
        if (error) reject(error);
        else resolve({ bytesWritten, buffer });
      });
    });
  return Object.assign(handle, { write: writeThis });
}

/** No name leads from one file system into another. `held` is what it says while names are held. */
const within =
  (act: (from: fs.PathLike, to: fs.PathLike) => Promise<void>, syscall: string, held: NodeJS.ErrnoException) =>
  async (from: fs.PathLike, to: fs.PathLike): Promise<void> => {
    if (isOnDisk(from) !== isOnDisk(to)) throw refusal('EXDEV', -18, syscall);
    if (isOnDisk(from) && existsSync(heldFile)) throw held;
    await act(from, to);
  };

async function statfsWithin(path: fs.PathLike): Promise<fs.StatsFs> {
  const figures = await statfs(path);
  const free = isOnDisk(path) ? room() : Infinity;
  if (free !== Infinity) figures.bavail = Math.floor(free / figures.bsize);
  return figures;
}

Object.assign(fs, { write: writeWithin });
Object.assign(fs.promises, {
  open: openWithin,
  link: within(link, 'link', refusal('EPERM', -1, 'link')),
  rename: within(rename, 'rename', refusal('EBUSY', -16, 'rename')),
  statfs: statfsWithin,
});
syncBuiltinESMExports();
