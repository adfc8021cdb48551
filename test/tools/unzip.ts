/** Reads the archives of folder shares back: stored, Zip64, sizes behind the data (APPNOTE 6.3.10). */
import { crc32 } from 'node:zlib';

/** Contents by name, as the central directory has them (4.3.12); every length, place and checksum is checked on the way. */
export function unzip(bytes: Buffer): Record<string, Buffer> {
  const end = bytes.length - 22;
  must(bytes.readUInt32LE(end) === 0x06054b50, 'end of central directory');
  const end64 = Number(bytes.readBigUInt64LE(end - 20 + 8));
  must(bytes.readUInt32LE(end64) === 0x06064b50, 'Zip64 end of central directory');
  const count = Number(bytes.readBigUInt64LE(end64 + 32));
  let at = Number(bytes.readBigUInt64LE(end64 + 48));
  must(at + Number(bytes.readBigUInt64LE(end64 + 40)) === end64, 'length of the central directory');
  const found: Record<string, Buffer> = {};
  for (let n = 0; n < count; n += 1) {
    must(bytes.readUInt32LE(at) === 0x02014b50, `central record ${n}`);
    const crc = bytes.readUInt32LE(at + 16);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const extra = at + 46 + nameLength;
    const size = Number(bytes.readBigUInt64LE(extra + 4));
    const local = Number(bytes.readBigUInt64LE(extra + 20));
    must(bytes.readUInt32LE(local) === 0x04034b50, `local record of ${name}`);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + size);
    must(data.length === size && crc32(data) === crc, `content of ${name}`);
    if (!name.endsWith('/')) {
      must(bytes.readUInt32LE(start + size) === 0x08074b50, `descriptor of ${name}`);
      must(bytes.readUInt32LE(start + size + 4) === crc, `checksum behind ${name}`);
    }
    found[name] = data;
    at += 46 + nameLength + bytes.readUInt16LE(at + 30);
  }
  return found;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The archive is damaged: ${what}`);
}
