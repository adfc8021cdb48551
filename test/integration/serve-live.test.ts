/** A download is served while it runs: the reader waits for bytes that are not there, and decides which come next. */
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SluiceError } from '../../shared/failure.ts';
import type { LiveFile } from '../../electron/engine/serve/index.ts';
import { ask, serving, type Serving } from './serve-harness.ts';

const SIZE = 1_000_000;
const bytes = randomBytes(SIZE);

/** A download whose pieces come only when they are asked for, or when `finish` says so. */
class Download implements LiveFile {
  readonly name = 'film.mp4';
  readonly size: number | null = SIZE;
  finishedAt: number | null = null;
  readonly asked: number[] = [];
  #path: string;
  #fd: number;
  #content = bytes;
  /** What is asked for comes after this. */
  hold: Promise<void> | null = null;
  readonly #have = new Set<number>();
  failure: Error | null = null;

  constructor(folder: string) {
    this.#path = join(folder, 'film.mp4.sluice');
    writeFileSync(this.#path, '');
    this.#fd = openSync(this.#path, 'r+');
  }

  path(): string {
    return this.#path;
  }

  async readable(position: number, signal: AbortSignal): Promise<number> {
    this.asked.push(position);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await this.hold;
    signal.throwIfAborted();
    if (this.failure) throw this.failure;
    const piece = Math.floor(position / 100_000);
    this.fetch(piece);
    return (piece + 1) * 100_000;
  }

  fetch(piece: number): void {
    if (this.#have.has(piece)) return;
    this.#have.add(piece);
    writeSync(this.#fd, this.#content, piece * 100_000, 100_000, piece * 100_000);
  }

  /** Its server has another file now: what was there is deleted, and fetched anew under the same name. */
  startOver(): void {
    closeSync(this.#fd);
    unlinkSync(this.#path);
    writeFileSync(this.#path, '');
    this.#fd = openSync(this.#path, 'r+');
    this.#have.clear();
    this.#content = randomBytes(SIZE);
  }

  /** Its folder is moved to another disk. */
  moveTo(path: string): void {
    copyFileSync(this.#path, path);
    unlinkSync(this.#path);
    this.#path = path;
  }

  finish(folder: string): void {
    for (let piece = 0; piece < 10; piece += 1) this.fetch(piece);
    const final = join(folder, 'film.mp4');
    linkSync(this.#path, final);
    unlinkSync(this.#path);
    this.#path = final;
    this.finishedAt = Date.now();
  }
}

let serve: Serving;
let download: Download | null = null;
afterEach(() => serve[Symbol.asyncDispose]());

async function start() {
  serve = serving(
    {},
    {
      liveFile(job) {
        if (!download) throw new SluiceError('unknown-job', { id: job });
        return download;
      },
    },
  );
  download = new Download(serve.folder);
  return serve.add({ kind: 'job', job: 'j1' });
}

test('its whole size is told at once, and all of it comes', async () => {
  const { link } = await start();
  const answer = await ask(link, link.pathname);
  expect(answer.fields['content-length']).toBe(String(SIZE));
  expect(answer.fields['content-type']).toBe('video/mp4');
  expect(answer.body.equals(bytes)).toBe(true);
});

test('a player that seeks gets those bytes next, not all before them', async () => {
  const { link } = await start();
  const answer = await ask(link, link.pathname, 'Range: bytes=850000-899999');
  expect(answer.status).toBe(206);
  expect(answer.body.equals(bytes.subarray(850_000, 900_000))).toBe(true);
  expect(download?.asked).toEqual([850_000]);
});

test('its tag holds while it runs and after it is finished, so that a player goes on', async () => {
  const { link } = await start();
  const first = await ask(link, link.pathname, 'Range: bytes=0-99999');
  download?.finish(serve.folder);
  const second = await ask(link, link.pathname, 'Range: bytes=100000-', `If-Range: ${first.fields['etag']}`);
  expect(second.status).toBe(206);
  expect(second.body.equals(bytes.subarray(100_000))).toBe(true);
});

test.each([
  ['edited in place', (path: string) => writeFileSync(path, randomBytes(SIZE))],
  ['longer', (path: string) => appendFileSync(path, 'more')],
  ['shorter', (path: string) => truncateSync(path, 5000)],
])('a finished file that is %s is another file: nothing of both is mixed', async (_how, change) => {
  const { link } = await start();
  download?.finish(serve.folder);
  const first = await ask(link, link.pathname, 'Range: bytes=0-999');
  const path = download?.path() ?? '';
  change(path);
  // By hand, so that the file system's ticks do not decide: later than the download's end.
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  const second = await ask(link, link.pathname, 'Range: bytes=1000-', `If-Range: ${first.fields['etag']}`);
  expect(second.status).toBe(200);
  expect(second.fields['etag']).not.toBe(first.fields['etag']);
  expect(second.body.equals(readFileSync(path))).toBe(true);
});

test('what took the place of a finished file and is no file is not opened', async () => {
  const { link } = await start();
  download?.finish(serve.folder);
  const path = download?.path() ?? '';
  unlinkSync(path);
  expect((await ask(link, link.pathname)).status).toBe(404);
  execFileSync('mkfifo', [path]);
  expect((await ask(link, link.pathname)).status).toBe(404);
});

test.each([
  ['begins anew', () => download?.startOver()],
  ['is moved to another disk', () => download?.moveTo(join(serve.folder, 'elsewhere.sluice'))],
  [
    'begins anew and is finished',
    () => {
      download?.startOver();
      download?.finish(serve.folder);
    },
  ],
  ['is deleted', () => unlinkSync(download?.path() ?? '')],
])(
  'a reader who waits while the download %s is cut off: holes of the old file are not its bytes',
  async (_how, change) => {
    const { link } = await start();
    // The rear is there, and then what is before it is waited for.
    download?.fetch(9);
    const released = Promise.withResolvers<void>();
    if (download) download.hold = released.promise;
    const answer = ask(link, link.pathname).catch(() => null);
    await expect.poll(() => download?.asked.length).toBe(1);
    change();
    released.resolve();
    const got = await answer;
    expect(got?.body.length ?? 0).toBe(0);
    expect(got?.complete ?? false).toBe(false);
  },
);

test('a download that fails ends the connection: nothing is made up', async () => {
  const { link } = await start();
  if (download) download.failure = new SluiceError('connection-lost', { host: 'x' });
  const answer = await ask(link, link.pathname).catch(() => null);
  expect(answer?.body.length ?? 0).toBe(0);
  expect(answer?.complete ?? false).toBe(false);
});

test('a job that is gone is 404, and its share says so', async () => {
  const { link } = await start();
  download = null;
  expect((await ask(link, link.pathname)).status).toBe(404);
  expect(serve.shares.list()[0]?.state.kind).toBe('broken');
});

test('a job that is not there cannot be shared', async () => {
  await start();
  download = null;
  await expect(serve.shares.add({ target: { kind: 'job', job: 'x' }, options: {} })).rejects.toMatchObject({
    code: 'unknown-job',
  });
});
