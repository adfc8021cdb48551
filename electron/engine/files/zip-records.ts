/**
 * The records of a ZIP file (PKWARE APPNOTE 6.3.10), as bytes. Pure: whoever writes the file keeps count of places and
 * sizes. Zip64 fields are there only where a value does not fit otherwise, for older readers refuse them; or everywhere
 * where a record is to be `large`, so that its length follows from its name alone.
 */

export const STORED = 0;
export const DEFLATED = 8;

/** An entry before its bytes are known. */
export interface ZipEntry {
  /** With “/” between folders, relative, in UTF-8; a folder's own ends in one. */
  readonly name: string;
  readonly method: typeof STORED | typeof DEFLATED;
  /**
   * Written as UTC, whatever the zone, so that the same content gives the same file; left out: the first time that ZIP
   * knows.
   */
  readonly modified?: Date;
}

/** What is known of an entry's bytes when they are written. */
export interface ZipSizes {
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

/** An entry that is in the file. */
export interface ZipWritten extends ZipEntry, ZipSizes {
  /** Where its local header begins. */
  readonly offset: number;
  /** True where `sizes` were not in its local header. */
  readonly streamed: boolean;
}

const MAX32 = 0xffff_ffff;
const MAX16 = 0xffff;
/** Bit 3: CRC and sizes follow the bytes. Bit 11: the name is UTF-8. */
const [STREAMED, UTF8] = [1 << 3, 1 << 11] as const;
const [VERSION, VERSION_ZIP64] = [20, 45] as const;
/** Version 6.3 on Unix, which is what makes permissions below count. */
const MADE_BY = (3 << 8) | 63;
/** An ordinary file, rw-r--r--; a folder, rwxr-xr-x, with MS-DOS's mark of one. */
const FILE = 0o100644 * 65_536;
const FOLDER = 0o40755 * 65_536 + 16;

/** Bytes of the records where they are `large`, without the name. */
export const LARGE_RECORDS = { local: 30 + 20, descriptor: 24, central: 46 + 28, end: 56 + 20 + 22 } as const;

/**
 * What stands before an entry's bytes. `streamed`: a data descriptor follows the bytes; sizes that are known may stand
 * here all the same, for readers that do not seek. `large`: the bytes may be more than 4 GiB, and the descriptor has to
 * have the same `large`.
 */
export function localHeader(entry: ZipEntry, sizes: ZipSizes | null, large = false, streamed = sizes === null): Buffer {
  const name = Buffer.from(entry.name);
  const isLarge = large || (sizes !== null && (sizes.size >= MAX32 || sizes.compressed >= MAX32));
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isLarge ? VERSION_ZIP64 : VERSION, 4);
  writeCommon(header, 6, entry, streamed);
  header.writeUInt32LE(sizes?.crc ?? 0, 14);
  header.writeUInt32LE(isLarge ? MAX32 : (sizes?.compressed ?? 0), 18);
  header.writeUInt32LE(isLarge ? MAX32 : (sizes?.size ?? 0), 22);
  header.writeUInt16LE(name.length, 26);
  const extra = isLarge ? zip64Extra([sizes?.size ?? 0, sizes?.compressed ?? 0]) : Buffer.alloc(0);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** What stands after the bytes of an entry whose local header had no sizes. */
export function dataDescriptor({ crc, compressed, size }: ZipSizes, large = false): Buffer {
  const record = Buffer.alloc(large ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc, 4);
  if (large) {
    writeUInt64(record, compressed, 8);
    writeUInt64(record, size, 16);
  } else {
    record.writeUInt32LE(compressed, 8);
    record.writeUInt32LE(size, 12);
  }
  return record;
}

/** The central directory and what ends the file. `offset`: where the directory begins. */
export function centralDirectory(entries: readonly ZipWritten[], offset: number): Buffer {
  const records = entries.map((entry) => centralHeader(entry));
  const size = records.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([...records, endOfDirectory(entries.length, size, offset)]);
}

/** An entry of the central directory. */
export function centralHeader(entry: ZipWritten, large = false): Buffer {
  const name = Buffer.from(entry.name);
  const { crc, compressed, size, offset } = entry;
  const isLarge = large || compressed >= MAX32 || size >= MAX32;
  const isFar = large || offset >= MAX32;
  // Only the fields that are too small here, in this order (APPNOTE 4.5.3).
  const wide = [...(isLarge ? [size, compressed] : []), ...(isFar ? [offset] : [])];
  const extra = wide.length === 0 ? Buffer.alloc(0) : zip64Extra(wide);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY, 4);
  header.writeUInt16LE(wide.length === 0 ? VERSION : VERSION_ZIP64, 6);
  writeCommon(header, 8, entry, entry.streamed);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(isLarge ? MAX32 : compressed, 20);
  header.writeUInt32LE(isLarge ? MAX32 : size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(entry.name.endsWith('/') ? FOLDER : FILE, 38);
  header.writeUInt32LE(isFar ? MAX32 : offset, 42);
  return Buffer.concat([header, name, extra]);
}

/** What ends the file: how many entries the directory has, its bytes, and where it begins. */
export function endOfDirectory(count: number, size: number, offset: number, large = false): Buffer {
  const isLarge = large || count >= MAX16 || size >= MAX32 || offset >= MAX32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX16), 8);
  end.writeUInt16LE(Math.min(count, MAX16), 10);
  end.writeUInt32LE(Math.min(size, MAX32), 12);
  end.writeUInt32LE(Math.min(offset, MAX32), 16);
  if (!isLarge) return end;
  const wide = Buffer.alloc(56 + 20);
  wide.writeUInt32LE(0x06064b50, 0);
  writeUInt64(wide, 56 - 12, 4);
  wide.writeUInt16LE(MADE_BY, 12);
  wide.writeUInt16LE(VERSION_ZIP64, 14);
  writeUInt64(wide, count, 24);
  writeUInt64(wide, count, 32);
  writeUInt64(wide, size, 40);
  writeUInt64(wide, offset, 48);
  // The locator: where the record above begins.
  wide.writeUInt32LE(0x07064b50, 56);
  writeUInt64(wide, offset + size, 64);
  wide.writeUInt32LE(1, 72);
  return Buffer.concat([wide, end]);
}

/** Flags, method, time and date: the same in both headers. */
function writeCommon(header: Buffer, at: number, { method, modified }: ZipEntry, streamed: boolean): void {
  const year = modified?.getUTCFullYear() ?? 0;
  const isKnown = modified !== undefined && year >= 1980 && year < 2108;
  const at1980 = { time: 0, date: (1 << 5) | 1 };
  const { time, date } = isKnown
    ? {
        time: (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1),
        date: ((year - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate(),
      }
    : at1980;
  header.writeUInt16LE((streamed ? STREAMED : 0) | UTF8, at);
  header.writeUInt16LE(method, at + 2);
  header.writeUInt16LE(time, at + 4);
  header.writeUInt16LE(date, at + 6);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) writeUInt64(extra, value, 4 + index * 8);
  return extra;
}

function writeUInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeBigUInt64LE(BigInt(value), at);
}
