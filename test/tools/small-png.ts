/**
 * Makes a screenshot small enough to keep in the repository: at most 256 colours, as an indexed PNG. A window has few
 * colours; what differs are the edges of letters, which take the nearest one. (PNG specification, third edition)
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 24 bits a pixel, row after row. */
  readonly colors: Uint32Array;
}

/** `png` has 8 bits a channel, RGB or RGBA, not interlaced: what Chromium writes. */
export function smallPng(png: Buffer): Buffer {
  const pixels = decode(png);
  const { palette, indexOf } = paletteOf(pixels.colors);
  const { width, height, colors } = pixels;
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = indexOf(colors[y * width + x] ?? 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', table),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

function decode(png: Buffer): Pixels {
  let width = 0;
  let height = 0;
  let channels = 0;
  const data: Buffer[] = [];
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      channels = body[9] === 6 ? 4 : 3;
    } else if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const colors = new Uint32Array(width * height);
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y += 1) {
    const line = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(raw[y * (stride + 1)] ?? 0, line, above, channels);
    for (let x = 0; x < width; x += 1) {
      const i = x * channels;
      colors[y * width + x] = ((line[i] ?? 0) << 16) | ((line[i + 1] ?? 0) << 8) | (line[i + 2] ?? 0);
    }
    above = line;
  }
  return { width, height, colors };
}

/** Takes a row's filter away, in place (§9.2). */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < line.length; i += 1) {
    const a = i >= step ? (line[i - step] ?? 0) : 0;
    const b = above[i] ?? 0;
    const c = i >= step ? (above[i - step] ?? 0) : 0;
    const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter] ?? 0;
    line[i] = (line[i] ?? 0) + predicted;
  }
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The 256 colours that leave the least error, chosen one by one, and for any other colour the nearest of them. */
function paletteOf(colors: Uint32Array): { palette: number[]; indexOf: (color: number) => number } {
  const counts = new Map<number, number>();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  const found = [...counts].map(([color, count]) => ({ color, count, error: Infinity, index: 0 }));
  const palette: number[] = [];
  while (palette.length < Math.min(256, found.length)) {
    const worst = found.reduce((a, b) => (b.error * b.count > a.error * a.count ? b : a));
    const index = palette.push(worst.color) - 1;
    for (const entry of found) {
      const error = distance(entry.color, worst.color);
      if (error < entry.error) Object.assign(entry, { error, index });
    }
  }
  const indexes = new Map(found.map(({ color, index }) => [color, index]));
  return { palette, indexOf: (color) => indexes.get(color) ?? 0 };
}

function distance(a: number, b: number): number {
  const part = (shift: number) => ((a >> shift) & 255) - ((b >> shift) & 255);
  return part(16) ** 2 + part(8) ** 2 + part(0) ** 2;
}
