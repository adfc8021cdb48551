import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { centralDirectory, dataDescriptor, localHeader, STORED } from '../../electron/engine/files/index.ts';

const GIB = 1024 ** 3;
const entry = { name: 'folder/é.txt', method: STORED } as const;

test('a stored entry is found through the directory, with its UTF-8 name, time and permissions', () => {
  const content = Buffer.from('hello');
  const sizes = { crc: crc32(content), compressed: 5, size: 5 };
  const modified = new Date(Date.UTC(2024, 1, 29, 13, 14, 16));
  const header = localHeader({ ...entry, modified }, sizes);
  const directory = centralDirectory([{ ...entry, modified, ...sizes, offset: 0, streamed: false }], header.length + 5);
  expect(header.readUInt32LE(0)).toBe(0x04034b50);
  expect(header.readUInt32LE(22)).toBe(5);
  expect(header.toString('utf8', 30)).toBe('folder/é.txt');
  expect(directory.readUInt32LE(0)).toBe(0x02014b50);
  // Bit 11: UTF-8; bit 3 is not set, for the sizes are in the header.
  expect(directory.readUInt16LE(8)).toBe(1 << 11);
  expect(directory.readUInt16LE(12)).toBe((13 << 11) | (14 << 5) | 8);
  expect(directory.readUInt16LE(14)).toBe((44 << 9) | (2 << 5) | 29);
  expect(directory.readUInt32LE(16)).toBe(sizes.crc);
  expect(directory.readUInt32LE(38) >>> 16).toBe(0o100644);
  const end = directory.subarray(-22);
  expect(end.readUInt32LE(0)).toBe(0x06054b50);
  expect(end.readUInt32LE(12)).toBe(directory.length - 22);
  expect(end.readUInt32LE(16)).toBe(header.length + 5);
});

test('what does not fit into 32 bits stands in Zip64 fields, and nothing else does', () => {
  const sizes = { crc: 1, compressed: 5 * GIB, size: 6 * GIB };
  const header = localHeader(entry, sizes);
  expect(header.readUInt16LE(4)).toBe(45);
  expect([header.readUInt32LE(18), header.readUInt32LE(22)]).toEqual([0xffffffff, 0xffffffff]);
  const extra = header.subarray(30 + Buffer.byteLength(entry.name));
  expect([extra.readUInt16LE(0), extra.readUInt16LE(2)]).toEqual([1, 16]);
  expect([extra.readBigUInt64LE(4), extra.readBigUInt64LE(12)]).toEqual([BigInt(6 * GIB), BigInt(5 * GIB)]);

  const small = { crc: 1, compressed: 5, size: 5 };
  const late = centralDirectory([{ ...entry, ...small, offset: 7 * GIB, streamed: true }], 8 * GIB);
  const lateExtra = late.subarray(46 + Buffer.byteLength(entry.name));
  expect(late.readUInt32LE(24)).toBe(5);
  expect(late.readUInt32LE(42)).toBe(0xffffffff);
  expect([lateExtra.readUInt16LE(2), lateExtra.readBigUInt64LE(4)]).toEqual([8, BigInt(7 * GIB)]);
  const end = late.subarray(-22);
  const locator = late.subarray(-42, -22);
  const wide = late.subarray(-98, -42);
  expect(end.readUInt32LE(16)).toBe(0xffffffff);
  expect(locator.readUInt32LE(0)).toBe(0x07064b50);
  expect(locator.readBigUInt64LE(8)).toBe(BigInt(8 * GIB + late.length - 98));
  expect(wide.readUInt32LE(0)).toBe(0x06064b50);
  expect([wide.readBigUInt64LE(24), wide.readBigUInt64LE(40), wide.readBigUInt64LE(48)]).toEqual([
    1n,
    BigInt(late.length - 98),
    BigInt(8 * GIB),
  ]);
});

test('more than 65,534 entries need Zip64 too', () => {
  const many = Array.from({ length: 65_535 }, () => ({
    ...entry,
    crc: 0,
    compressed: 0,
    size: 0,
    offset: 0,
    streamed: false,
  }));
  const directory = centralDirectory(many, 0);
  expect(directory.readUInt16LE(directory.length - 22 + 10)).toBe(0xffff);
  expect(directory.readBigUInt64LE(directory.length - 98 + 32)).toBe(65_535n);
});

test('sizes that were not known before stand behind the bytes', () => {
  const header = localHeader(entry, null);
  expect(header.readUInt16LE(6)).toBe((1 << 3) | (1 << 11));
  expect([header.readUInt32LE(14), header.readUInt32LE(18), header.readUInt32LE(22)]).toEqual([0, 0, 0]);
  const sizes = { crc: 7, compressed: 8, size: 9 };
  expect([4, 8, 12].map((at) => dataDescriptor(sizes).readUInt32LE(at))).toEqual([7, 8, 9]);
  const large = dataDescriptor({ ...sizes, size: 5 * GIB }, true);
  expect([large.readBigUInt64LE(8), large.readBigUInt64LE(16)]).toEqual([8n, BigInt(5 * GIB)]);
  expect(localHeader(entry, null, true).readUInt16LE(28)).toBe(20);
});
