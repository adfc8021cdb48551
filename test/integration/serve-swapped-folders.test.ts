/** A folder inside a share that somebody swaps with a symbolic link, at the worst moment, leads nobody out of the share. */
import { linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderEntries } from '../../electron/engine/serve/folder-entries.ts';
import { OpenUploads } from '../../electron/engine/serve/open-uploads.ts';
import { ZipThread } from '../../electron/engine/serve/zip-thread.ts';
import { entryVersion, walkFolder } from '../../electron/engine/serve/zip-walk.ts';
import { folderTarget, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let share: string;
let sub: string;
let outside: string;
beforeEach(() => {
  serve = serving();
  share = join(serve.folder, 'share');
  sub = join(share, 'sub');
  outside = join(serve.folder, 'outside');
  for (const folder of [share, sub, outside]) mkdirSync(folder);
  writeFileSync(join(sub, 'inner.txt'), 'inner');
  writeFileSync(join(outside, 'secret.txt'), 'secret');
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

function swap(): void {
  renameSync(sub, join(serve.folder, 'aside'));
  symlinkSync(outside, sub);
}

function swapBack(): void {
  rmSync(sub);
  renameSync(join(serve.folder, 'aside'), sub);
}

// Elsewhere a path is all that there is to look at.
describe.runIf(process.platform === 'linux')('after it was looked at', () => {
  test('its listing is not read', async () => {
    const entries = new FolderEntries(false);
    const page = (sort: 'name' | 'size') => entries.page(sub, sort, false, 0, 10);
    const names = async (sort: 'name' | 'size') => (await page(sort)).entries.map(({ name }) => name);
    expect(await names('size')).toEqual(['inner.txt']);
    swap();
    await expect(page('name')).rejects.toMatchObject({ status: 404 });
    await expect(page('size')).rejects.toMatchObject({ status: 404 });
    swapBack();
    expect(await names('size')).toEqual(['inner.txt']);
  });

  test('an archive names nothing of what is behind the link', () => {
    const walk = walkFolder(share, null, false);
    expect(walk.next().value?.name).toBe('sub/');
    swap();
    expect([...walk]).toEqual([]);
  });

  test('an archive holds nothing of what is behind the link', async () => {
    const version = entryVersion(lstatSync(join(outside, 'secret.txt'), { bigint: true }));
    const thread = new ZipThread();
    const target = new Uint8Array(new SharedArrayBuffer(6));
    const read = (path: string) => thread.read(target, [{ path, version, offset: 0, from: 0, to: 6, crc: null }]);
    swap();
    await expect(read(join(sub, 'secret.txt'))).rejects.toThrow('not where it was');
    expect(Buffer.from(target).toString('latin1')).not.toContain('s');
    await read(join(outside, 'secret.txt'));
    expect(Buffer.from(target).toString('latin1')).toBe('secret');
    await thread.close();
  });

  test('no upload begins behind the link', async () => {
    const uploaded = { total: () => 0, add: () => {}, unfinished: () => [], keep: () => {} };
    const limits = { patience: 60_000 } as ConstructorParameters<typeof OpenUploads>[1]['limits'];
    const uploads = new OpenUploads(1000, { uploaded, limits });
    swap();
    await expect(uploads.begin(sub, 'a.txt', 1, '127.0.0.1')).rejects.toMatchObject({ status: 404 });
    expect(readdirSync(outside)).toEqual(['secret.txt']);
    uploads.close();
  });

  test('no upload gets its name behind the link, even where its part file has been put there', async () => {
    const { link } = await serve.add(folderTarget(share, { uploads: true }));
    const tus = { 'Tus-Resumable': '1.0.0' };
    const created = await fetch(new URL('sub/', link), {
      method: 'POST',
      headers: { ...tus, 'Upload-Length': '2', 'Upload-Metadata': `filename ${btoa('a.txt')}` },
    });
    const place = new URL(created.headers.get('Location') ?? '', link);
    const patch = (offset: number, body: string) =>
      fetch(place, {
        method: 'PATCH',
        headers: { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        body,
      });
    linkSync(join(sub, 'a.txt.sluice'), join(outside, 'a.txt.sluice'));
    swap();
    expect((await patch(0, 'hi')).status).toBe(404);
    expect(readdirSync(outside)).toEqual(['a.txt.sluice', 'secret.txt']);
    swapBack();
    expect((await patch(2, '')).status).toBe(204);
    expect(readdirSync(sub)).toEqual(['a.txt', 'inner.txt']);
  });
});
