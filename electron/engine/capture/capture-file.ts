import type { FileHandle } from 'node:fs/promises';
import type { CaptureRequest } from '../../../shared/capture.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { type Compressor, createCompressor } from '../export/index.ts';
import {
  deletePart,
  finishPart,
  inodeMark,
  openPart,
  type Part,
  reclaimPart,
  reopenPart,
  toDiskError,
} from '../files/index.ts';
import { indexName } from './rotation.ts';
import type { CaptureFile, CurrentFile } from './types.ts';

/** What is done to open files; a test puts a slow or failing disk in its place. */
export interface Disk {
  /** Writes all of it. */
  write(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void>;
  sync(handle: FileHandle): Promise<void>;
}

export const thisDisk: Disk = {
  async write(handle, bytes, position) {
    for (let at = 0; at < bytes.length;) {
      at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
    }
  },
  sync: (handle) => handle.datasync(),
};

/** Where files are made, and how. */
export interface FilePlace {
  readonly folder: string;
  readonly compression: CaptureRequest['compression'];
  readonly disk: Disk;
}

/** A line of the index follows after so many records, or after so much time. */
const INDEX_RECORDS = 1000;
const INDEX_MS = 60_000;

/** A file that will be made: nothing is in it, and its mark is not known. */
export function plannedFile(name: string, openedAt: number): CurrentFile {
  return {
    name,
    openedAt,
    rows: 0,
    bytes: 0,
    plain: 0,
    inode: null,
    compressor: null,
    index: { name: indexName(name), bytes: 0 },
    isEnded: false,
  };
}

/** One file of a capture in the making, under its part name, with its index beside it. */
export class CaptureFileWriter {
  readonly #place: FilePlace;
  readonly #part: Part;
  /** Null where it has its final name already. */
  readonly #index: Part | null;
  readonly #indexName: string;
  readonly #compressor: Compressor;
  readonly #inode: string | null;
  readonly openedAt: number;
  rows: number;
  /** Bytes before compression. */
  plain: number;
  /** Bytes on the disk. */
  #bytes: number;
  #state: unknown;
  #isEnded: boolean;
  #indexLines = '';
  #indexBytes: number;
  #indexedRows = 0;
  #indexedAt = -Infinity;
  /** Ms that writing and syncing took, without what is under way. */
  #written = 0;
  #writingSince: number | null = null;

  private constructor(place: FilePlace, part: Part, index: Part | null, known: CurrentFile) {
    this.#place = place;
    this.#part = part;
    this.#index = index;
    this.#indexName = known.index.name;
    this.#inode = known.inode;
    this.openedAt = known.openedAt;
    this.rows = known.rows;
    this.plain = known.plain;
    this.#bytes = known.bytes;
    this.#state = known.compressor;
    this.#isEnded = known.isEnded;
    this.#indexBytes = known.index.bytes;
    const state = known.bytes === 0 ? undefined : known.compressor;
    // One that goes on may have to write something first; to an ended file nothing is added.
    const compression = known.isEnded ? 'none' : place.compression;
    this.#compressor = createCompressor(compression, (bytes) => this.#put(bytes), state);
  }

  /** Makes a file of this name, or of the next free one. */
  static async create(place: FilePlace, name: string, openedAt: number): Promise<CaptureFileWriter> {
    const part = await openPart(place.folder, name);
    try {
      const index = await openPart(place.folder, indexName(part.name));
      const inode = inodeMark(await part.handle.stat({ bigint: true }));
      const planned = plannedFile(part.name, openedAt);
      return new CaptureFileWriter(place, part, index, { ...planned, inode, index: { name: index.name, bytes: 0 } });
    } catch (error) {
      await part.handle.close();
      await deletePart(place.folder, part.name).catch(() => {});
      throw toDiskError(error, place.folder);
    }
  }

  /**
   * Opens the file of an earlier run and cuts it to what was journalled; null where it has not all of that. One that was only
   * planned is empty, or somebody else's.
   */
  static async reopen(place: FilePlace, known: CurrentFile): Promise<CaptureFileWriter | null> {
    const { folder } = place;
    // A crash may have come after the file got its name and before that was journalled.
    if (known.inode !== null) await reclaimPart(folder, known.name, known.inode);
    const part = await ifThere(reopenPart(folder, known.name));
    if (!part) return null;
    try {
      const stats = await part.handle.stat({ bigint: true });
      const isPlanned = known.rows === 0 && known.inode === null;
      if (stats.size < known.bytes || (isPlanned && stats.size > 0)) {
        await part.handle.close();
        return null;
      }
      await part.handle.truncate(known.bytes);
      let index = await ifThere(reopenPart(folder, known.index.name));
      // The index only helps to find one's way: a lost one is begun anew.
      let kept = 0;
      if (index) kept = Math.min(known.index.bytes, (await index.handle.stat()).size);
      else if (!known.isEnded) index = await openPart(folder, known.index.name);
      await index?.handle.truncate(kept);
      const name = index?.name ?? known.index.name;
      const inode = known.inode ?? inodeMark(stats);
      return new CaptureFileWriter(place, part, index, { ...known, inode, index: { name, bytes: kept } });
    } catch (error) {
      await part.handle.close();
      throw toDiskError(error, folder);
    }
  }

  get name(): string {
    return this.#part.name;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Ms that writing and syncing took so far. */
  get writing(): number {
    return this.#written + (this.#writingSince === null ? 0 : performance.now() - this.#writingSince);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Counts a record that will be written, and notes where it lies. */
  count(
    record: { readonly number: number; readonly at: number; readonly position: string | null },
    bytes: number,
  ): void {
    if (this.rows - this.#indexedRows >= INDEX_RECORDS || record.at - this.#indexedAt >= INDEX_MS || this.rows === 0) {
      const { number, at, position: id } = record;
      const line = {
        record: number,
        offset: this.plain,
        at: new Date(at).toISOString(),
        ...(id === null ? {} : { id }),
      };
      this.#indexLines += `${JSON.stringify(line)}\n`;
      this.#indexedRows = this.rows;
      this.#indexedAt = at;
    }
    this.rows += 1;
    this.plain += bytes;
  }

  /** Writes the first `bytes` of `buffer`. Resolves when the buffer may be used again. */
  async write(buffer: Buffer, bytes: number): Promise<void> {
    await this.#guard(this.#compressor.write(buffer, bytes));
  }

  /** Makes all that was written durable. */
  async sync(): Promise<void> {
    this.#state = await this.#guard(this.#compressor.boundary());
    await this.#sync();
  }

  /** Writes what ends the file, and makes it durable. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    await this.#guard(this.#compressor.end());
    this.#isEnded = true;
    await this.#sync();
  }

  /** Gives the ended file its name, and lets it go. */
  async finish(): Promise<CaptureFile> {
    const { folder } = this.#place;
    const name = await finishPart(folder, this.name, this.#part.handle);
    if (this.#index) await finishPart(folder, this.#index.name, this.#index.handle);
    await this.close();
    return { name, rows: this.rows, bytes: this.#bytes };
  }

  /** What is there; durable right after `sync` and `end`. */
  snapshot(): CurrentFile {
    return {
      name: this.name,
      openedAt: this.openedAt,
      rows: this.rows,
      bytes: this.#bytes,
      plain: this.plain,
      inode: this.#inode,
      compressor: this.#state,
      index: { name: this.#indexName, bytes: this.#indexBytes },
      isEnded: this.#isEnded,
    };
  }

  async close(): Promise<void> {
    this.#compressor.close();
    await this.#part.handle.close().catch(() => {});
    await this.#index?.handle.close().catch(() => {});
  }

  async #sync(): Promise<void> {
    const { disk } = this.#place;
    const lines = Buffer.from(this.#indexLines);
    await this.#timed(async () => {
      if (lines.length > 0 && this.#index) {
        await disk.write(this.#index.handle, lines, this.#indexBytes);
        await disk.sync(this.#index.handle);
        this.#indexBytes += lines.length;
      }
      await disk.sync(this.#part.handle);
    });
    this.#indexLines = '';
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#timed(() => this.#place.disk.write(this.#part.handle, bytes, this.#bytes));
    this.#bytes += bytes.length;
  }

  async #timed(work: () => Promise<void>): Promise<void> {
    this.#writingSince = performance.now();
    try {
      await this.#guard(work());
    } finally {
      this.#written = this.writing;
      this.#writingSince = null;
    }
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw toDiskError(error, this.#place.folder);
    }
  }
}

async function ifThere(opening: Promise<Part>): Promise<Part | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'part-missing') return null;
    throw error;
  }
}
