/**
 * A ZIP archive as a plan: which bytes stand where, known before any file is read. Stored, not compressed, and always
 * Zip64, so that the length follows from names and sizes alone. What is known only after a file was read, its CRC-32,
 * stands in a data descriptor behind it and in the central directory.
 */
import {
  centralHeader,
  dataDescriptor,
  endOfDirectory,
  LARGE_RECORDS,
  localHeader,
  STORED,
  type ZipEntry,
  type ZipSizes,
} from '../files/index.ts';

/** Something that goes into an archive. */
export interface Archived {
  /** Path inside the archive with “/”; a folder's ends in one. */
  readonly name: string;
  /** Path on the disk; null for a folder. */
  readonly path: string | null;
  /** Bytes. */
  readonly size: number;
  /** Ms since the epoch. */
  readonly modified: number;
  /** What tells this version of the file from any other. */
  readonly version: string;
}

export type ZipSegment =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'data'; readonly entry: number }
  /** Needs the CRC of an entry. */
  | { readonly kind: 'descriptor' | 'central'; readonly entry: number };

export class ZipPlan {
  readonly entries: readonly Archived[];
  /** Bytes of the archive. */
  readonly size: number;
  /** Bytes of the names. */
  readonly #names: Uint16Array;
  /** Where the local header of each entry begins; the last: where the central directory does. */
  readonly #locals: Float64Array;
  readonly #centrals: Float64Array;
  readonly #crcs: Int32Array;
  readonly #known: Uint8Array;

  constructor(entries: readonly Archived[]) {
    this.entries = entries;
    this.#names = Uint16Array.from(entries, ({ name }) => Buffer.byteLength(name));
    this.#locals = new Float64Array(entries.length + 1);
    this.#centrals = new Float64Array(entries.length + 1);
    let at = 0;
    entries.forEach(({ size, path }, index) => {
      this.#locals[index] = at;
      at += LARGE_RECORDS.local + this.#names[index]! + (path === null ? 0 : size + LARGE_RECORDS.descriptor);
    });
    this.#locals[entries.length] = at;
    entries.forEach((_, index) => {
      this.#centrals[index] = at;
      at += LARGE_RECORDS.central + this.#names[index]!;
    });
    this.#centrals[entries.length] = at;
    this.size = at + LARGE_RECORDS.end;
    this.#crcs = new Int32Array(entries.length);
    this.#known = new Uint8Array(entries.length);
    entries.forEach(({ path, size }, index) => {
      // Of nothing it is 0.
      if (path === null || size === 0) this.#known[index] = 1;
    });
  }

  /** The CRC-32 of an entry; null while nobody has read it. Kept, so that a resumed download need not read again. */
  crc(entry: number): number | null {
    return this.#known[entry] === 1 ? (this.#crcs[entry] ?? 0) >>> 0 : null;
  }

  setCrc(entry: number, crc: number): void {
    this.#crcs[entry] = crc | 0;
    this.#known[entry] = 1;
  }

  /** What stands at a position, and how far into it that is. */
  at(position: number): { segment: ZipSegment; offset: number; length: number } {
    const count = this.entries.length;
    const centralStart = this.#locals[count]!;
    const centralEnd = this.#centrals[count]!;
    if (position >= centralEnd) {
      return {
        segment: { kind: 'bytes', bytes: this.#end() },
        offset: position - centralEnd,
        length: LARGE_RECORDS.end,
      };
    }
    if (position >= centralStart) {
      const entry = find(this.#centrals, count, position);
      const start = this.#centrals[entry]!;
      return {
        segment: { kind: 'central', entry },
        offset: position - start,
        length: this.#centrals[entry + 1]! - start,
      };
    }
    const entry = find(this.#locals, count, position);
    const { size } = this.entries[entry]!;
    const offset = position - this.#locals[entry]!;
    const head = LARGE_RECORDS.local + this.#names[entry]!;
    if (offset < head) return { segment: { kind: 'bytes', bytes: this.#local(entry) }, offset, length: head };
    if (offset < head + size) return { segment: { kind: 'data', entry }, offset: offset - head, length: size };
    return { segment: { kind: 'descriptor', entry }, offset: offset - head - size, length: LARGE_RECORDS.descriptor };
  }

  descriptor(entry: number, crc: number): Buffer {
    return dataDescriptor(this.#sizes(entry, crc), true);
  }

  central(entry: number, crc: number): Buffer {
    const offset = this.#locals[entry]!;
    const streamed = this.entries[entry]!.path !== null;
    return centralHeader({ ...this.#record(entry), ...this.#sizes(entry, crc), offset, streamed }, true);
  }

  #local(entry: number): Buffer {
    return localHeader(this.#record(entry), this.#sizes(entry, 0), true, this.entries[entry]!.path !== null);
  }

  #end(): Buffer {
    const count = this.entries.length;
    const start = this.#locals[count]!;
    return endOfDirectory(count, this.#centrals[count]! - start, start, true);
  }

  #record(entry: number): ZipEntry {
    const { name, modified } = this.entries[entry]!;
    return { name, method: STORED, modified: new Date(modified) };
  }

  #sizes(entry: number, crc: number): ZipSizes {
    const { size } = this.entries[entry]!;
    return { crc, compressed: size, size };
  }
}

/** The last of the first `count` starts that is not after the position. */
function find(starts: Float64Array, count: number, position: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
