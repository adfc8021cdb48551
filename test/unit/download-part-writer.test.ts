/** Writing around the page cache: what goes there, what does not, and that a refusal costs nothing. */
import fs from 'node:fs';
import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PartWriter } from '../../electron/engine/download/part-writer.ts';
import { beginsPage, PAGE, pages } from '../../electron/engine/flow/index.ts';
import { canBypassCache } from '../servers/page-cache.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';

const KIB = 1024;
const SIZE = 4 * KIB * KIB;
const content = generatedBytes(SIZE).read(0, SIZE);
const isPossible = await canBypassCache(tmpdir());
const realWrite = fs.write;

let folder: string;
let handle: FileHandle;
let writer: PartWriter;
/** Bytes that were written each way. */
let written: { direct: number; cached: number };
/** What the system says of direct writes. */
let answer: { error: Error | null; most: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-writer-'));
  handle = await open(join(folder, 'file'), 'w+');
  writer = new PartWriter(handle);
  written = { direct: 0, cached: 0 };
  answer = { error: null, most: Infinity };
  const write = (
    fd: number,
    buffer: Buffer,
    from: number,
    bytes: number,
    position: number,
    done: (error: Error | null, bytes: number) => void,
  ) => {
    const way = fd === handle.fd ? 'cached' : 'direct';
    const ended = (error: Error | null, n: number) => {
      written[way] += n;
      done(error, n);
    };
    if (way === 'direct' && answer.error) setImmediate(ended, answer.error, 0);
    else realWrite(fd, buffer, from, way === 'direct' ? Math.min(bytes, answer.most) : bytes, position, ended);
  };
  vi.spyOn(fs, 'write').mockImplementation(write as unknown as typeof fs.write);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await writer.close();
  await handle.close();
  await rm(folder, { recursive: true });
});

/** Writes content[start, end) out of memory that `allocate` gives, `head` bytes behind its beginning. */
function put(
  start: number,
  end: number,
  allocate: (bytes: number) => Buffer = pages,
  head = 0,
  isReadSoon = false,
): Promise<Error | null> {
  const buffer = allocate(head + end - start);
  content.copy(buffer, head, start, end);
  return new Promise((done) => {
    writer.write(buffer, head, head + end - start, start, isReadSoon, done);
  });
}

const isWhole = async () => (await readFile(join(folder, 'file'))).equals(content);

test('memory in pages of its own is told from any other', () => {
  const own = pages(64 * KIB);
  expect([own.length, beginsPage(own, 0), beginsPage(own, PAGE), beginsPage(own, 16)]).toEqual([
    64 * KIB,
    true,
    true,
    false,
  ]);
  expect(beginsPage(own.subarray(PAGE + 1), PAGE - 1)).toBe(true);
  expect(beginsPage(Buffer.allocUnsafeSlow(64 * KIB), 0)).toBe(false);
});

describe.skipIf(!isPossible)(`around the page cache${isPossible ? '' : ' (not possible here)'}`, () => {
  beforeEach(() => writer.bypassCache());

  test('what fills no page is left for later, but not for little, nor where nothing goes there', () => {
    expect(writer.remainder(1024 * KIB, 5 * 1024 * KIB + 100)).toBe(100);
    expect(writer.remainder(1024 * KIB, 1024 * KIB)).toBe(0);
    expect(writer.remainder(100_000, 100_000)).toBe(0);
    expect(new PartWriter(handle).remainder(1024 * KIB, 5 * 1024 * KIB + 100)).toBe(0);
  });

  test('go whole pages, through it all else, and the file is what was written', async () => {
    const step = 256 * KIB;
    const puts: Promise<Error | null>[] = [];
    for (let at = 0; at < SIZE; at += step) {
      const middle = at + 64 * KIB;
      // A page and a half through the cache, the rest around it; in turns, so that they meet.
      puts.push(put(at + 6 * KIB, middle, pages, 6 * KIB), put(at, at + 6 * KIB), put(middle, at + step));
    }
    expect(new Set(await Promise.all(puts))).toEqual(new Set([null]));
    expect(written.direct).toBe((SIZE / step) * 192 * KIB);
    expect(written.cached).toBe((SIZE / step) * 64 * KIB);
    expect(await isWhole()).toBe(true);
  });

  test('goes nothing from memory that begins anywhere', async () => {
    expect(await put(0, SIZE, (bytes) => Buffer.allocUnsafeSlow(bytes))).toBeNull();
    expect(written).toEqual({ direct: 0, cached: SIZE });
  });

  test('go four at once, and eight both ways together', async () => {
    const step = SIZE / 8;
    for (const [cached, most] of [
      [5, 8],
      [0, 4],
    ] as const) {
      const full: boolean[] = [];
      const puts = Array.from({ length: most }, (_, i) => {
        full.push(writer.isFull);
        return put(i * step, (i + 1) * step, pages, 0, i < cached);
      });
      expect([...full, writer.isFull]).toEqual([...Array<boolean>(most).fill(false), true]);
      await Promise.all(puts);
      expect([writer.isFull, writer.most]).toEqual([false, 4]);
    }
  });

  test('goes nothing that is read soon', async () => {
    expect(await Promise.all([put(0, SIZE / 2, pages, 0, true), put(SIZE / 2, SIZE)])).toEqual([null, null]);
    expect(written).toEqual({ direct: SIZE / 2, cached: SIZE / 2 });
    expect(await isWhole()).toBe(true);
  });

  test.each([
    ['is refused', { error: Object.assign(new Error('invalid argument'), { code: 'EINVAL' }), most: Infinity }],
    ['ends early', { error: null, most: 100 * KIB }],
  ])('a write that %s is made through the cache, like all that follow', async (_name, system) => {
    answer = system;
    const half = SIZE / 2;
    expect(await Promise.all([put(0, half), put(half, SIZE - KIB)])).toEqual([null, null]);
    answer = { error: null, most: Infinity };
    const direct = written.direct;
    expect(await put(SIZE - KIB, SIZE)).toBeNull();
    expect(await put(0, half)).toBeNull();
    expect(written.direct).toBe(direct);
    expect([writer.most, writer.isFull]).toEqual([8, false]);
    expect(await isWhole()).toBe(true);
  });

  test('where neither way works, the cache’s answer is the answer', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    let tries = 0;
    const refuse = (...args: readonly unknown[]) => {
      tries += 1;
      setImmediate(args.at(-1) as (error: Error, bytes: number) => void, full, 0);
    };
    vi.mocked(fs.write).mockImplementation(refuse);
    expect(await put(0, SIZE)).toBe(full);
    expect(tries).toBe(2);
  });
});
