/** A ZIP archive of a folder as content: made while it is sent, with a known length, resumable at any byte. */
import type { ByteReader, Chunk, Content } from './content.ts';
import { ShortFile } from './file-content.ts';
import { LARGE, type ServeBuffers } from './serve-buffers.ts';
import type { ZipPlan, ZipSegment } from './zip-plan.ts';
import type { ZipPiece, ZipThread } from './zip-thread.ts';

/** Parts of the archive, three to a file, that are put into one buffer. */
const PIECES = 3 * 256;

export function zipContent(
  plan: ZipPlan,
  etag: string,
  name: string,
  thread: ZipThread,
  buffers: ServeBuffers,
): Content {
  return {
    size: plan.size,
    etag,
    // No date tells one archive from another: an entry that goes, or is replaced by an older one, leaves the newest as it was.
    lastModified: null,
    mediaType: 'application/zip',
    name,
    open: (start, end) => new ZipReader(plan, start, end, thread, buffers),
    release() {},
  };
}

/** A part of the archive, and the bytes of the buffer that it is put into. */
interface Part {
  readonly segment: ZipSegment;
  readonly offset: number;
  readonly into: Buffer;
}

class ZipReader implements ByteReader {
  readonly #plan: ZipPlan;
  readonly #thread: ZipThread;
  readonly #buffers: ServeBuffers;
  readonly #end: number;
  /** Up to where chunks have been begun. */
  #position: number;
  #lent = 0;
  #isClosed = false;
  #onReturn: (() => void) | null = null;
  /** Chunks that were begun before they were asked for. */
  readonly #ahead: Promise<Chunk>[] = [];
  /** The CRC of the entry that is being read in order, so far. */
  #running = { entry: -1, crc: 0, next: 0 };
  /** The chunk that was begun last. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(plan: ZipPlan, start: number, end: number, thread: ZipThread, buffers: ServeBuffers) {
    this.#plan = plan;
    this.#position = start;
    this.#end = end;
    this.#thread = thread;
    this.#buffers = buffers;
  }

  async next(size: number): Promise<Chunk | null> {
    if (this.#ahead.length === 0) {
      if (this.#position >= this.#end) return null;
      const buffer = this.#buffers.take(this.#wanted(size)) ?? (await this.#room());
      this.#ahead.push(this.#begin(buffer, size));
    }
    const chunk = this.#ahead.shift();
    // The thread is kept busy for a reader that has proven to take much.
    const more = size >= LARGE && this.#position < this.#end ? this.#buffers.take(this.#wanted(size)) : null;
    if (more) this.#ahead.push(this.#begin(more, size));
    return chunk ?? null;
  }

  close(): void {
    this.#isClosed = true;
    for (const chunk of this.#ahead.splice(0)) void chunk.then((one) => one.release()).catch(() => {});
  }

  #wanted(size: number): number {
    return Math.min(size, this.#end - this.#position);
  }

  /** A small buffer, once no other is out: the budget has no more. */
  async #room(): Promise<Buffer> {
    if (this.#lent > 0) {
      await new Promise<void>((resolve) => {
        this.#onReturn = resolve;
      });
    }
    return this.#buffers.takeFirst();
  }

  /** Begins to fill a buffer with what comes next. */
  #begin(buffer: Buffer, size: number): Promise<Chunk> {
    this.#lent += 1;
    const target = buffer.subarray(0, Math.min(buffer.length, this.#wanted(size)));
    const parts: Part[] = [];
    let filled = 0;
    while (filled < target.length && parts.length < PIECES) {
      const { segment, offset, length } = this.#plan.at(this.#position + filled);
      const room = target.length - filled;
      // A file that would fit is read in one go: with the next.
      if (segment.kind === 'data' && length > room && length <= target.length && filled > 0) break;
      const into = target.subarray(filled, filled + Math.min(length - offset, room));
      parts.push({ segment, offset, into });
      filled += into.length;
    }
    this.#position += filled;
    const chunk = this.#fill(target, parts, this.#last).then(
      () => ({ bytes: target.subarray(0, filled), release: () => this.#return(buffer) }),
      (error: unknown) => {
        this.#return(buffer);
        throw error;
      },
    );
    // Whoever asks for it is told.
    chunk.catch(() => {});
    this.#last = chunk;
    return chunk;
  }

  /** Fills a buffer with parts that follow on those of the chunk `before`. */
  async #fill(target: Buffer, parts: readonly Part[], before: Promise<unknown>): Promise<void> {
    // The checksum of a file that goes on is known when its beginning was read.
    if (parts.some(({ segment, offset }) => segment.kind === 'data' && offset > 0)) await before;
    await this.#read(target, parts);
    await before;
    for (const { segment, offset, into } of parts) {
      if (segment.kind === 'bytes') segment.bytes.copy(into, 0, offset);
      else if (segment.kind !== 'data') {
        const { entry, kind } = segment;
        const crc = await this.#crc(entry);
        (kind === 'central' ? this.#plan.central(entry, crc) : this.#plan.descriptor(entry, crc)).copy(into, 0, offset);
      }
    }
  }

  /** Has the files read, all at once, and learns their checksums where they are read from their beginnings. */
  async #read(target: Buffer, parts: readonly Part[]): Promise<void> {
    const running = this.#running;
    const entries: number[] = [];
    const pieces: ZipPiece[] = [];
    for (const { segment, offset, into } of parts) {
      if (segment.kind !== 'data') continue;
      const { entry } = segment;
      const goesOn = running.entry === entry && running.next === offset;
      const crc = this.#plan.crc(entry) !== null ? null : offset === 0 ? 0 : goesOn ? running.crc : null;
      const from = into.byteOffset - target.byteOffset;
      entries.push(entry);
      pieces.push({ ...this.#file(entry), offset, from, to: from + into.length, crc });
    }
    if (pieces.length === 0) return;
    const crcs = await this.#thread.read(target, pieces);
    for (const [index, { offset, from, to }] of pieces.entries()) {
      const crc = crcs[index];
      if (crc === null || crc === undefined) continue;
      const entry = entries[index]!;
      const next = offset + to - from;
      if (next === this.#plan.entries[entry]?.size) this.#plan.setCrc(entry, crc);
      else this.#running = { entry, crc, next };
    }
  }

  /** Known from this reading or an earlier one; else the file is read for it. */
  async #crc(entry: number): Promise<number> {
    const known = this.#plan.crc(entry);
    if (known !== null) return known;
    const { size } = this.#plan.entries[entry]!;
    const target = Buffer.from(new SharedArrayBuffer(Math.min(size, LARGE)));
    let crc = 0;
    for (let offset = 0; offset < size; offset += target.length) {
      if (this.#isClosed) throw new ShortFile('Nobody reads on');
      const to = Math.min(target.length, size - offset);
      const [next] = await this.#thread.read(target, [{ ...this.#file(entry), offset, from: 0, to, crc }]);
      crc = next ?? 0;
    }
    this.#plan.setCrc(entry, crc);
    return crc;
  }

  #file(entry: number): { path: string; version: string } {
    const { path, version } = this.#plan.entries[entry]!;
    return { path: path ?? '', version };
  }

  #return(buffer: Buffer): void {
    this.#lent -= 1;
    this.#buffers.give(buffer);
    this.#onReturn?.();
    this.#onReturn = null;
  }
}
