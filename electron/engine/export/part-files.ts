import { mkdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Compression } from '../../../shared/export.ts';
import { SluiceError } from '../../../shared/failure.ts';
import {
  discardPart,
  inodeMark,
  errorCode,
  finishPart,
  freeName,
  openPart,
  PART_SUFFIX,
  reclaimPart,
  reopenPart,
  toDiskError,
} from '../files/index.ts';
import { type Compressor, createCompressor } from './compress.ts';
import type { Pace } from './pace.ts';
import type { ExportFile, Tail } from './types.ts';

/** The file that is being written. */
interface Current {
  /** Inside the export's folder. */
  name: string;
  readonly table: number;
  readonly inode: string | null;
  readonly handle: FileHandle;
  readonly compressor: Compressor;
  /** Bytes in it. */
  position: number;
  /** Of what was written since the last mark, and what that said. */
  tail: Tail;
  marked: Tail;
}

/** Bytes of a part file that are read at a time. */
const READ = 1 << 20;

export interface PartFilesOptions {
  readonly folder: string;
  readonly compression: Compression;
  readonly pace: Pace;
}

/**
 * The files of one export, in order: all but the last are finished. Each is written as a part file, from its beginning
 * to its end, and gets its own name when it is whole and synced.
 */
export class PartFiles {
  readonly #options: PartFilesOptions;
  /** Finished files, oldest first. */
  #finished: ExportFile[] = [];
  #current: Current | null = null;
  /** The file that will be the current one. */
  #planned: ExportFile | null = null;
  #writing = 0;
  /** Files of an earlier run that this one writes anew. */
  #earlier: ExportFile[] = [];

  constructor(options: PartFilesOptions) {
    this.#options = options;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#finished.reduce((sum, file) => sum + file.bytes, 0) + (this.#current?.position ?? 0);
  }

  /** Ms that were spent in writes to the disk so far. */
  get writing(): number {
    return this.#writing;
  }

  /** Bytes of the current file. */
  get position(): number {
    return this.#current?.position ?? 0;
  }

  get finished(): readonly ExportFile[] {
    return this.#finished;
  }

  /** All files, the current one with so many rows and bytes. */
  list(rows: number, bytes: number): ExportFile[] {
    const current = this.#current;
    if (!current) return this.#planned ? [...this.#finished, this.#planned] : this.#finished;
    const { name, table, inode } = current;
    return [...this.#finished, { name, rows, bytes, table, inode, endsTable: false }];
  }

  /**
   * Takes over what an earlier run left: `kept` are finished and stay, `anew` are written again from their beginning,
   * whether they had their names already or not.
   */
  adopt(kept: readonly ExportFile[], anew: readonly ExportFile[]): void {
    this.#finished = [...kept];
    this.#earlier = [...anew];
  }

  /**
   * Begins a file in the export's folder or a folder inside it; those of an earlier run make room. `stored` resolves
   * when the owner has durably noted `list`: before the file is made, so that no crash leaves one that nobody knows, and
   * after it, so that it is known for ours when it has its last name.
   */
  async open(inner: string, name: string, table: number, stored: () => Promise<void>): Promise<void> {
    await this.#dropEarlier();
    const folder = join(this.#options.folder, inner);
    const within = (file: string) => (inner === '' ? file : `${inner}/${file}`);
    const free = await freeName(folder, name);
    this.#planned = { name: within(free), rows: 0, bytes: 0, table, inode: null, endsTable: false };
    await stored();
    if (inner !== '') await makeFolder(folder);
    const part = await openPart(folder, free);
    this.#planned = null;
    await this.#begin(part.handle, within(part.name), table, 0);
    await stored();
  }

  /**
   * Goes on with a file of an earlier run after its first `bytes`; what came after them is cut off. `compressor`: what
   * its compressor's `boundary` said there. `tail`: what `mark` said.
   * @throws part-missing where it is gone, shorter than that, or ends in other bytes
   */
  async goOn(file: ExportFile, bytes: number, compressor: unknown, tail?: Tail): Promise<void> {
    if (await this.#reopen(file, bytes, compressor, tail)) return;
    throw new SluiceError('part-missing', { part: file.name + PART_SUFFIX });
  }

  /** Writes the next bytes of the current file; resolves when the buffer may be used again. Need not be waited for. */
  write(buffer: Buffer, bytes: number): Promise<void> {
    return this.#open.compressor.write(buffer, bytes);
  }

  /** Resolves when all that was written is in the file. What it resolves to is for `goOn`. */
  boundary(): Promise<unknown> {
    return this.#open.compressor.boundary();
  }

  /** At a boundary: what the file ends in, from the last mark that was elsewhere. */
  mark(): Tail {
    const current = this.#open;
    const { position, tail } = current;
    if (position > tail.from) Object.assign(current, { marked: tail, tail: { from: position, crc: 0 } });
    return current.marked;
  }

  /** Makes the bytes of the current file durable. */
  async sync(): Promise<void> {
    try {
      await this.#open.handle.datasync();
    } catch (error) {
      throw toDiskError(error, this.#options.folder);
    }
  }

  /** Gives the current file, which has so many rows, its name. `endsTable`: they are the last of its table. */
  async finish(rows: number, endsTable: boolean): Promise<void> {
    const current = this.#open;
    await current.compressor.end();
    const [inner, file] = this.#split(current.name);
    const given = await finishPart(inner, file, current.handle);
    const name = current.name.slice(0, current.name.length - file.length) + given;
    const { inode, position: bytes, table } = current;
    this.#finished.push({ name, rows, bytes, table, inode, endsTable });
    await this.close();
  }

  /** Lets go of the current file, finished or not. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    current?.compressor.close();
    await current?.handle.close().catch(() => {});
  }

  /** Before the journal forgets them: a run that began over twice would leave the first one's files. */
  async #dropEarlier(): Promise<void> {
    for (const file of this.#earlier.splice(0)) {
      const [inner, name] = this.#split(file.name);
      await discardPart(inner, name, file.inode);
    }
  }

  get #open(): Current {
    if (!this.#current) throw new Error('No file is open');
    return this.#current;
  }

  /** The folder a file is in, and its name there. */
  #split(name: string): [string, string] {
    const at = name.lastIndexOf('/');
    return [join(this.#options.folder, name.slice(0, Math.max(0, at))), name.slice(at + 1)];
  }

  async #reopen(earlier: ExportFile, bytes: number, state: unknown, tail?: Tail): Promise<boolean> {
    const [inner, name] = this.#split(earlier.name);
    // A crash may have come after the file got its name and before that was recorded.
    if (earlier.inode !== null) await reclaimPart(inner, name, earlier.inode);
    let handle: FileHandle;
    try {
      ({ handle } = await reopenPart(inner, name));
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'part-missing') return false;
      throw error;
    }
    try {
      if ((await handle.stat()).size < bytes || (tail && (await crcOf(handle, tail.from, bytes)) !== tail.crc)) {
        await handle.close();
        return false;
      }
      await handle.truncate(bytes);
    } catch (error) {
      await handle.close();
      throw toDiskError(error, this.#options.folder);
    }
    await this.#begin(handle, earlier.name, earlier.table, bytes, state, tail);
    return true;
  }

  async #begin(
    handle: FileHandle,
    name: string,
    table: number,
    position: number,
    state?: unknown,
    marked?: Tail,
  ): Promise<void> {
    const inode = inodeMark(await handle.stat({ bigint: true }));
    const tail: Tail = { from: position, crc: 0 };
    const file = { name, table, inode, handle, position, tail, marked: marked ?? tail };
    const put = (bytes: Uint8Array) => this.#put(file, bytes);
    const compressor = createCompressor(this.#options.compression, put, position === 0 ? undefined : state);
    this.#current = Object.assign(file, { compressor });
  }

  async #put(current: Pick<Current, 'handle' | 'position' | 'tail'>, bytes: Uint8Array): Promise<void> {
    const { folder, pace } = this.#options;
    try {
      for (let at = 0; at < bytes.length;) {
        const length = Math.min(bytes.length - at, pace.most);
        const begun = performance.now();
        const { bytesWritten } = await current.handle.write(bytes, at, length, current.position);
        this.#writing += performance.now() - begun;
        const { from, crc } = current.tail;
        current.tail = { from, crc: crc32(bytes.subarray(at, at + bytesWritten), crc) };
        at += bytesWritten;
        current.position += bytesWritten;
        await pace.take(bytesWritten);
      }
    } catch (error) {
      throw toDiskError(error, folder);
    }
  }
}

/** CRC-32 of the bytes from `from` to `to`. */
async function crcOf(handle: FileHandle, from: number, to: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ);
  let crc = 0;
  for (let at = from; at < to;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(READ, to - at), at);
    if (bytesRead === 0) break;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    at += bytesRead;
  }
  return crc;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw toDiskError(error, folder);
  }
}
