/**
 * Files and folders as they are open, not as their names lead to them: whoever may write to a shared folder can swap a folder
 * in it with a symbolic link between any two looks at a path. Linux says of a descriptor where it really is, and gives it a
 * path of its own (proc_pid_fd(5)); elsewhere the path is all there is.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { notFound } from './refusal.ts';

/** Opens a folder to go through it, which needs no leave to read it (open(2)); Node has no name for it. */
const O_PATH = 0o10000000;
const FOLDER = O_PATH | constants.O_DIRECTORY;

/** The real path of what is open; null where the system does not say. */
export function placeOf(fd: number): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}

/** The path by which an open folder is meant, whatever its name leads to. @throws Refusal 404 where it is not at its own path */
function throughOpen(fd: number, path: string): string {
  const place = placeOf(fd);
  if (place === null) return path;
  if (place !== path) throw notFound();
  return `/proc/self/fd/${fd}`;
}

/**
 * Works on a folder by a path that leads to it only, and nowhere else while the work runs.
 * @param path a real path
 * @throws Refusal 404 where another folder is behind it, and what the file system throws
 */
export async function throughFolder<T>(path: string, work: (at: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work(path);
  const folder = await open(path, FOLDER);
  try {
    return await work(throughOpen(folder.fd, path));
  } finally {
    await folder.close();
  }
}

/** The same, in a thread that may be held up. */
export function throughFolderSync<T>(path: string, work: (at: string) => T): T {
  if (process.platform !== 'linux') return work(path);
  const fd = openSync(path, FOLDER);
  try {
    return work(throughOpen(fd, path));
  } finally {
    closeSync(fd);
  }
}
