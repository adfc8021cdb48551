import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { brotliDecompressSync, createZstdDecompress, gunzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createCompressor } from '../../electron/engine/export/compress.ts';
import { compressionCanResume } from '../../shared/export-formats.ts';
import type { Compression } from '../../shared/export.ts';

const MIB = 1024 * 1024;

/** Text with some entropy, another for each seed. */
function sample(bytes: number, seed: number): Buffer {
  const words: string[] = [];
  let state = seed * 7919 + 1;
  for (let length = 0; length < bytes; length += words.at(-1)!.length) {
    state = (state * 1103515245 + 12345) % 2147483648;
    words.push(`${state},row ${length} of ${seed}\n`);
  }
  return Buffer.from(words.join('').slice(0, bytes));
}

async function decompress(compression: Compression, chunks: readonly Buffer[]): Promise<Buffer> {
  const bytes = Buffer.concat(chunks);
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes);
    case 'brotli':
      return brotliDecompressSync(bytes);
    case 'zstd':
      // Node drops what follows a frame inside one chunk: what ends a frame is a chunk of its own.
      return await buffer(Readable.from(chunks).pipe(createZstdDecompress()));
  }
}

/** Takes bytes as a writer does: they are copied, then the compressor may reuse them. */
function taker() {
  const taken: Buffer[] = [];
  const take = (bytes: Uint8Array) => void taken.push(Buffer.from(bytes));
  return { take, chunks: taken, bytes: () => Buffer.concat(taken) };
}

const methods = ['none', 'gzip', 'zstd', 'brotli'] as const;

test.each(methods)('%s gives back what was written, from buffers that are used again and again', async (method) => {
  const { take, chunks } = taker();
  const compressor = createCompressor(method, take);
  const buffers = [Buffer.alloc(MIB), Buffer.alloc(MIB), Buffer.alloc(MIB)];
  const sizes = [MIB, 1, 300_000, MIB, 0, MIB, 17, MIB, MIB, 5000];
  const expected: Buffer[] = [];
  let next = 0;
  const fill = async (mine: Buffer) => {
    while (next < sizes.length) {
      const content = sample(sizes[next] ?? 0, next++);
      expected.push(content);
      content.copy(mine);
      await compressor.write(mine, content.length);
      mine.fill(0xff);
    }
  };
  await Promise.all(buffers.map(fill));
  await compressor.end();
  expect((await decompress(method, chunks)).equals(Buffer.concat(expected))).toBe(true);
});

test.each(methods)('%s of nothing decodes to nothing', async (method) => {
  const { take, chunks } = taker();
  await createCompressor(method, take).end();
  expect(await decompress(method, chunks)).toHaveLength(0);
});

test.each(methods.filter(compressionCanResume))('%s goes on behind a boundary in another run', async (method) => {
  const file: Buffer[] = [];
  let resume: unknown;
  const expected: Buffer[] = [];
  for (let run = 0; run < 5; run += 1) {
    const { take, chunks } = taker();
    const compressor = createCompressor(method, take, resume);
    // The second and the third run end before they have written anything.
    const counts = sample(run === 1 || run === 2 ? 0 : 700_000, run);
    expected.push(counts);
    await compressor.write(counts, counts.length);
    // As it is stored in a journal.
    resume = JSON.parse(JSON.stringify(await compressor.boundary())) as unknown;
    file.push(...chunks);
    // What came after the boundary is cut off: the file is as long as the checkpoint says.
    await compressor.write(sample(5000, 99), 5000);
    compressor.close();
  }
  const { take, chunks } = taker();
  await createCompressor(method, take, resume).end();
  file.push(...chunks);
  expect((await decompress(method, file)).equals(Buffer.concat(expected))).toBe(true);
  checkWithPrograms(method, Buffer.concat(file), Buffer.concat(expected));
});

function checkWithPrograms(method: Compression, file: Buffer, expected: Buffer): void {
  const program = `/usr/bin/${method}`;
  if (method === 'none' || !existsSync(program)) return;
  expect(execFileSync(program, ['-dc'], { input: file, maxBuffer: 100 * MIB }).equals(expected)).toBe(true);
}

test.each(methods)('at a boundary of %s all that was written has arrived and decodes', async (method) => {
  const { take, bytes } = taker();
  const compressor = createCompressor(method, take);
  const first = sample(MIB, 1);
  await compressor.write(first, first.length);
  await compressor.boundary();
  const decoded = await decodedPrefix(method, bytes());
  expect(decoded.equals(first)).toBe(true);
  compressor.close();
});

/** What a decoder that waits for more has given so far. */
async function decodedPrefix(method: Compression, bytes: Buffer): Promise<Buffer> {
  if (method === 'none') return bytes;
  const zlib = await import('node:zlib');
  const stream = { gzip: zlib.createGunzip, zstd: zlib.createZstdDecompress, brotli: zlib.createBrotliDecompress }[
    method
  ]();
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  await new Promise<void>((resolve) => void stream.write(bytes, () => resolve()));
  return Buffer.concat(parts);
}

test('an uninterrupted file is one gzip member and one zstd frame: some readers stop after the first', async () => {
  for (const method of ['gzip', 'zstd'] as const) {
    const { take, bytes } = taker();
    const compressor = createCompressor(method, take);
    const content = sample(MIB, 3);
    for (let n = 0; n < 3; n += 1) {
      await compressor.write(content, content.length);
      await compressor.boundary();
    }
    await compressor.end();
    const zlib = await import('node:zlib');
    const first = method === 'zstd' ? zlib.zstdDecompressSync(bytes()) : zlib.inflateRawSync(bytes().subarray(10));
    expect(first).toHaveLength(3 * MIB);
  }
});

test('one that cannot take bytes fast holds back the writes', async () => {
  let release = () => {};
  const compressor = createCompressor('gzip', () => new Promise<void>((resolve) => (release = resolve)));
  // The header waits to be taken.
  let written = 0;
  const writes = Array.from({ length: 12 }, () =>
    compressor.write(randomBytes(100_000), 100_000).then(() => (written += 1)),
  );
  for (let n = 0; n < 50; n += 1) await setImmediate();
  expect(written).toBeLessThanOrEqual(3);
  const ended = Promise.all(writes).then(() => compressor.end());
  let isEnded = false;
  void ended.then(() => (isEnded = true));
  while (!isEnded) {
    release();
    await setImmediate();
  }
  expect(written).toBe(12);
});

test.each(methods)('a failure to take bytes of %s comes back to the writer', async (method) => {
  const compressor = createCompressor(method, () => Promise.reject(new Error('disk full')));
  const noise = randomBytes(MIB);
  const wholeFile = async () => {
    for (let n = 0; n < 4; n += 1) await compressor.write(noise, noise.length);
    await compressor.end();
  };
  await expect(wholeFile()).rejects.toThrow('disk full');
  compressor.close();
});

test('after close, what is under way is refused and does not hang', async () => {
  const compressor = createCompressor('zstd', () => {});
  const noise = randomBytes(MIB);
  const writes = Promise.allSettled([compressor.write(noise, MIB), compressor.write(noise, MIB)]);
  compressor.close();
  expect(await writes).toHaveLength(2);
  await expect(compressor.end()).rejects.toThrow('closed');
});
