/** A ZIP archive of a folder as content: made while it is sent, with a known length, resumable at any byte. */
import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ByteReader, Chunk, Content } from './content.ts';
import { readAt, ShortFile } from './file-content.ts';
import { isShown } from './folder-entries.ts';
import { versionOf } from './open-files.ts';
import { Refusal } from './refusal.ts';
import { LARGE, type ServeBuffers } from './serve-buffers.ts';
import type { ZipEntry, ZipPlan, ZipSegment } from './zip-plan.ts';

/** More files than this are refused: their names would be the memory. */
const MOST_ENTRIES = 200_000;
/** Files that are looked at on the disk at once. */
const LOOKS = 64;
/** Parts of the archive, three to a file, that are put into one buffer. */
const PIECES = 96;

/**
 * Everything shown below a folder, or below the chosen names in it, in a lasting order.
 * @throws Refusal 413 where that is too much
 */
export async function zipEntries(
  folder: string,
  names: readonly string[] | null,
  hidden: boolean,
): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const add = async (path: string, name: string, found: BigIntStats | null): Promise<void> => {
    // Gone meanwhile; or a symbolic link, which is not followed, or something that is not to be opened.
    if (!found || !(found.isFile() || found.isDirectory())) return;
    if (entries.length >= MOST_ENTRIES) throw new Refusal(413, `More than ${MOST_ENTRIES} files: choose fewer.`);
    const isFolder = found.isDirectory();
    entries.push({
      name: isFolder ? `${name}/` : name,
      path: isFolder ? null : path,
      size: isFolder ? 0 : Number(found.size),
      modified: Number(found.mtimeMs),
      // A folder's own time changes nothing in the archive but its stamp.
      version: isFolder ? String(found.mtimeMs) : versionOf(found, Infinity).etag,
    });
    if (isFolder) await walk(path, `${name}/`);
  };
  const addAll = async (at: string, prefix: string, found: readonly string[]): Promise<void> => {
    for (let from = 0; from < found.length; from += LOOKS) {
      const some = found.slice(from, from + LOOKS);
      const looks = some.map((name) => lstat(join(at, name), { bigint: true }).catch(() => null));
      const stats = await Promise.all(looks);
      for (const [index, name] of some.entries()) await add(join(at, name), `${prefix}${name}`, stats[index] ?? null);
    }
  };
  const walk = async (at: string, prefix: string): Promise<void> => {
    const found = (await readdir(at).catch(() => [])).filter((name) => isShown(name, hidden)).toSorted();
    await addAll(at, prefix, found);
  };
  if (names === null) await walk(folder, '');
  else
    await addAll(
      folder,
      '',
      [...new Set(names)].filter((name) => isShown(name, hidden)),
    );
  return entries;
}

/** Strong: the archive is the same bytes exactly while all its entries are the same versions. */
export function zipTag(entries: readonly ZipEntry[]): string {
  const hash = createHash('sha256');
  for (const { name, size, modified, version } of entries) hash.update(`${name}\0${size}\0${modified}\0${version}\0`);
  return `"zip-${hash.digest('base64url').slice(0, 32)}"`;
}

export function zipContent(plan: ZipPlan, etag: string, name: string, buffers: ServeBuffers): Content {
  const newest = plan.entries.reduce((latest, { modified }) => Math.max(latest, modified), 0);
  return {
    size: plan.size,
    etag,
    lastModified: Math.floor(Math.min(newest, Date.now()) / 1000),
    mediaType: 'application/zip',
    name,
    open: (start, end) => new ZipReader(plan, start, end, buffers),
    release() {},
  };
}

class ZipReader implements ByteReader {
  readonly #plan: ZipPlan;
  readonly #buffers: ServeBuffers;
  readonly #end: number;
  #position: number;
  #lent = 0;
  #isClosed = false;
  #onReturn: (() => void) | null = null;
  /** Files that are open, or being opened, by entry. */
  readonly #open = new Map<number, Promise<FileHandle>>();
  /** The CRC of the entry that is being read in order, so far. */
  #running = { entry: -1, crc: 0, next: 0 };
  /** One `next` after the other: they share the state above. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(plan: ZipPlan, start: number, end: number, buffers: ServeBuffers) {
    this.#plan = plan;
    this.#position = start;
    this.#end = end;
    this.#buffers = buffers;
  }

  next(size: number): Promise<Chunk | null> {
    const chunk = this.#last.then(() => this.#next(size));
    this.#last = chunk.catch(() => {});
    return chunk;
  }

  close(): void {
    this.#isClosed = true;
    void this.#last.then(() => this.#closeFiles());
  }

  async #next(size: number): Promise<Chunk | null> {
    if (this.#position >= this.#end || this.#isClosed) return null;
    const wanted = Math.min(size, this.#end - this.#position);
    let buffer = this.#buffers.take(wanted);
    if (!buffer && this.#lent > 0) {
      await new Promise<void>((resolve) => {
        this.#onReturn = resolve;
      });
    }
    buffer ??= this.#buffers.take(wanted) ?? this.#buffers.takeFirst();
    this.#lent += 1;
    const owned = buffer;
    const length = Math.min(owned.length, wanted);
    let filled = 0;
    try {
      filled = await this.#fill(owned.subarray(0, length));
    } catch (error) {
      this.#return(owned);
      throw error;
    }
    return { bytes: owned.subarray(0, filled), release: () => this.#return(owned) };
  }

  /** Fills what it can with up to a few entries, whose files are read at once. Answers the bytes. */
  async #fill(target: Buffer): Promise<number> {
    const pieces: { segment: ZipSegment; offset: number; into: Buffer; read: Promise<void> | null }[] = [];
    let filled = 0;
    while (filled < target.length && pieces.length < PIECES) {
      const { segment, offset, length } = this.#plan.at(this.#position + filled);
      const into = target.subarray(filled, filled + Math.min(length - offset, target.length - filled));
      const read = segment.kind === 'data' ? this.#read(segment.entry, into, offset) : null;
      // Awaited in its turn, unless one before it fails.
      read?.catch(() => {});
      pieces.push({ segment, offset, into, read });
      filled += into.length;
    }
    try {
      for (const { segment, offset, into, read } of pieces) {
        await read;
        if (segment.kind === 'data') this.#check(segment.entry, into, offset);
        else if (segment.kind === 'bytes') segment.bytes.copy(into, 0, offset);
        else {
          const { entry, kind } = segment;
          const crc = await this.#crc(entry);
          (kind === 'central' ? this.#plan.central(entry, crc) : this.#plan.descriptor(entry, crc)).copy(
            into,
            0,
            offset,
          );
        }
      }
    } finally {
      // The buffer is given back after this: nobody may still write into it.
      await Promise.allSettled(pieces.flatMap(({ read }) => read ?? []));
    }
    this.#position += filled;
    return filled;
  }

  async #read(entry: number, into: Buffer, offset: number): Promise<void> {
    const file = await this.#file(entry);
    if ((await readAt(file.fd, into, into.length, offset)) < into.length) throw new ShortFile('A file became shorter');
    if (offset + into.length === this.#plan.entries[entry]?.size) this.#closeFile(entry);
  }

  /** Goes on with the checksum of an entry that is read in order. */
  #check(entry: number, bytes: Buffer, offset: number): void {
    const running = this.#running;
    if (offset === 0) Object.assign(running, { entry, crc: 0, next: 0 });
    if (running.entry !== entry || running.next !== offset) return;
    running.crc = crc32(bytes, running.crc);
    running.next += bytes.length;
    if (running.next === this.#plan.entries[entry]?.size) this.#plan.setCrc(entry, running.crc);
  }

  /** Known from this reading or an earlier one; else the file is read for it. */
  async #crc(entry: number): Promise<number> {
    const known = this.#plan.crc(entry);
    if (known !== null) return known;
    const { size } = this.#plan.entries[entry]!;
    const file = await this.#file(entry);
    const piece = Buffer.allocUnsafeSlow(Math.min(size, LARGE));
    let crc = 0;
    for (let at = 0; at < size && !this.#isClosed; at += piece.length) {
      const length = Math.min(piece.length, size - at);
      if ((await readAt(file.fd, piece, length, at)) < length) throw new ShortFile('A file became shorter');
      crc = crc32(piece.subarray(0, length), crc);
    }
    this.#closeFile(entry);
    if (this.#isClosed) throw new ShortFile('Nobody reads on');
    this.#plan.setCrc(entry, crc);
    return crc;
  }

  #file(entry: number): Promise<FileHandle> {
    let file = this.#open.get(entry);
    if (!file) {
      file = openEntry(this.#plan.entries[entry]!);
      this.#open.set(entry, file);
    }
    return file;
  }

  #closeFile(entry: number): void {
    const file = this.#open.get(entry);
    this.#open.delete(entry);
    void file?.then((handle) => handle.close()).catch(() => {});
  }

  #closeFiles(): void {
    for (const entry of this.#open.keys()) this.#closeFile(entry);
  }

  #return(buffer: Buffer): void {
    this.#lent -= 1;
    this.#buffers.give(buffer);
    this.#onReturn?.();
    this.#onReturn = null;
  }
}

/** Opens the very version of the file that was planned with. */
async function openEntry({ path, version }: ZipEntry): Promise<FileHandle> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const handle = await open(path ?? '', O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile() && versionOf(stats, Infinity).etag === version) return handle;
  await handle.close();
  throw new ShortFile('A file changed after its archive was begun');
}
