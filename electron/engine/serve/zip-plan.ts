/**
 * A ZIP archive as a plan: which bytes stand where, known before any file is read. Stored, not compressed, and always
 * Zip64 (APPNOTE 6.3.10, 4.3-4.5), so that the length follows from names and sizes alone. What is known only after a
 * file was read, its CRC-32, stands in a data descriptor behind it and in the central directory.
 */

export interface ZipEntry {
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

const LOCAL = 30 + 20;
const DESCRIPTOR = 24;
const CENTRAL = 46 + 28;
const END = 56 + 20 + 22;
/** Sizes in the descriptor, names in UTF-8. */
const FLAGS = 0x0808;
/** Zip64 needs 4.5. */
const VERSION = 45;
const UNIX = 3 << 8;

export type ZipSegment =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'data'; readonly entry: number }
  /** Needs the CRC of an entry. */
  | { readonly kind: 'descriptor' | 'central'; readonly entry: number };

export class ZipPlan {
  readonly entries: readonly ZipEntry[];
  /** Bytes of the archive. */
  readonly size: number;
  readonly #names: readonly Buffer[];
  /** Where the local header of each entry begins; the last: where the central directory does. */
  readonly #locals: Float64Array;
  readonly #centrals: Float64Array;
  readonly #crcs: Int32Array;
  readonly #known: Uint8Array;

  constructor(entries: readonly ZipEntry[]) {
    this.entries = entries;
    this.#names = entries.map(({ name }) => Buffer.from(name, 'utf8'));
    this.#locals = new Float64Array(entries.length + 1);
    this.#centrals = new Float64Array(entries.length + 1);
    let at = 0;
    entries.forEach(({ size, path }, index) => {
      this.#locals[index] = at;
      at += LOCAL + this.#nameLength(index) + (path === null ? 0 : size + DESCRIPTOR);
    });
    this.#locals[entries.length] = at;
    entries.forEach((_, index) => {
      this.#centrals[index] = at;
      at += CENTRAL + this.#nameLength(index);
    });
    this.#centrals[entries.length] = at;
    this.size = at + END;
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
      return { segment: { kind: 'bytes', bytes: this.#end() }, offset: position - centralEnd, length: END };
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
    const head = LOCAL + this.#nameLength(entry);
    if (offset < head) return { segment: { kind: 'bytes', bytes: this.#local(entry) }, offset, length: head };
    if (offset < head + size) return { segment: { kind: 'data', entry }, offset: offset - head, length: size };
    return { segment: { kind: 'descriptor', entry }, offset: offset - head - size, length: DESCRIPTOR };
  }

  descriptor(entry: number, crc: number): Buffer {
    const bytes = Buffer.alloc(DESCRIPTOR);
    bytes.writeUInt32LE(0x08074b50, 0);
    bytes.writeUInt32LE(crc, 4);
    writeSize(bytes, this.entries[entry]!.size, 8);
    writeSize(bytes, this.entries[entry]!.size, 16);
    return bytes;
  }

  central(index: number, crc: number): Buffer {
    const entry = this.entries[index]!;
    const name = this.#names[index]!;
    const bytes = Buffer.alloc(CENTRAL + name.length);
    const isFolder = entry.path === null;
    bytes.writeUInt32LE(0x02014b50, 0);
    bytes.writeUInt16LE(UNIX | VERSION, 4);
    bytes.writeUInt16LE(VERSION, 6);
    bytes.writeUInt16LE(isFolder ? FLAGS & ~8 : FLAGS, 8);
    writeDosTime(bytes, entry.modified, 12);
    bytes.writeUInt32LE(crc, 16);
    bytes.writeUInt32LE(0xffff_ffff, 20);
    bytes.writeUInt32LE(0xffff_ffff, 24);
    bytes.writeUInt16LE(name.length, 28);
    bytes.writeUInt16LE(28, 30);
    bytes.writeUInt32LE((isFolder ? 0o40755 : 0o100644) * 65_536 + (isFolder ? 16 : 0), 38);
    bytes.writeUInt32LE(0xffff_ffff, 42);
    name.copy(bytes, 46);
    const extra = 46 + name.length;
    bytes.writeUInt16LE(1, extra);
    bytes.writeUInt16LE(24, extra + 2);
    writeSize(bytes, entry.size, extra + 4);
    writeSize(bytes, entry.size, extra + 12);
    writeSize(bytes, this.#locals[index]!, extra + 20);
    return bytes;
  }

  #nameLength(index: number): number {
    return this.#names[index]!.length;
  }

  #local(index: number): Buffer {
    const entry = this.entries[index]!;
    const name = this.#names[index]!;
    const bytes = Buffer.alloc(LOCAL + name.length);
    bytes.writeUInt32LE(0x04034b50, 0);
    bytes.writeUInt16LE(VERSION, 4);
    bytes.writeUInt16LE(entry.path === null ? FLAGS & ~8 : FLAGS, 6);
    writeDosTime(bytes, entry.modified, 10);
    bytes.writeUInt32LE(0xffff_ffff, 18);
    bytes.writeUInt32LE(0xffff_ffff, 22);
    bytes.writeUInt16LE(name.length, 26);
    bytes.writeUInt16LE(20, 28);
    name.copy(bytes, 30);
    const extra = 30 + name.length;
    bytes.writeUInt16LE(1, extra);
    bytes.writeUInt16LE(16, extra + 2);
    // Said here too, so that a reader that does not seek knows where a stored file ends.
    writeSize(bytes, entry.size, extra + 4);
    writeSize(bytes, entry.size, extra + 12);
    return bytes;
  }

  #end(): Buffer {
    const count = this.entries.length;
    const start = this.#locals[count]!;
    const size = this.#centrals[count]! - start;
    const bytes = Buffer.alloc(END);
    bytes.writeUInt32LE(0x06064b50, 0);
    writeSize(bytes, 44, 4);
    bytes.writeUInt16LE(UNIX | VERSION, 12);
    bytes.writeUInt16LE(VERSION, 14);
    writeSize(bytes, count, 24);
    writeSize(bytes, count, 32);
    writeSize(bytes, size, 40);
    writeSize(bytes, start, 48);
    bytes.writeUInt32LE(0x07064b50, 56);
    writeSize(bytes, start + size, 64);
    bytes.writeUInt32LE(1, 72);
    bytes.writeUInt32LE(0x06054b50, 76);
    bytes.writeUInt16LE(Math.min(count, 0xffff), 84);
    bytes.writeUInt16LE(Math.min(count, 0xffff), 86);
    bytes.writeUInt32LE(Math.min(size, 0xffff_ffff), 88);
    bytes.writeUInt32LE(Math.min(start, 0xffff_ffff), 92);
    return bytes;
  }
}

function writeSize(bytes: Buffer, value: number, at: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}

/** MS-DOS time and date, in UTC; the years 1980 to 2107 are all it has. */
function writeDosTime(bytes: Buffer, modified: number, at: number): void {
  const date = new Date(Math.min(Math.max(modified, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31)));
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  bytes.writeUInt16LE(time, at);
  bytes.writeUInt16LE(day, at + 2);
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
