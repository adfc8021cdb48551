/** A share whose source is not there is not made, and one that was made says that its source is gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openEngine } from '../../electron/engine/index.ts';
import { SluiceError } from '../../shared/failure.ts';
import { ask, serving } from './serve-harness.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function engine() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-trouble-'));
  folders.push(folder);
  return openEngine({ home: join(folder, 'home'), downloadsFolder: folder, autoStart: false });
}

test('what is no capture cannot be shared as one', async () => {
  const opened = await engine();
  const feed = (job: string) => opened.shares.add({ target: { kind: 'feed', job }, options: {} });
  await expect(feed('nope')).rejects.toMatchObject({ code: 'unknown-job' });
  const [download] = opened.add([{ url: 'http://127.0.0.1:9/file.bin' }]);
  if (!download?.ok) throw new Error('not added');
  await expect(feed(download.id)).rejects.toMatchObject({ code: 'unknown-job' });
  expect(opened.shares.list()).toEqual([]);
  await opened.close();
});

test('the setting of HTTPS reaches the shares that are on', async () => {
  const opened = await engine();
  const refresh = vi.spyOn(opened.shares, 'refresh');
  await opened.setSettings({ maxActive: 2 });
  expect(refresh).not.toHaveBeenCalled();
  await opened.setSettings({ shareHttps: true });
  expect(refresh).toHaveBeenCalledOnce();
  await opened.close();
});

test('a capture or a connection that is gone is told', async () => {
  let isThere = true;
  const orGone = (error: SluiceError) => {
    if (!isThere) throw error;
  };
  await using serve = serving(
    {},
    {
      captureName: (id) => {
        orGone(new SluiceError('unknown-job', { id }));
        return 'Ticks';
      },
      target: async (id) => {
        orGone(new SluiceError('unknown-connection', { id }));
        return { host: '127.0.0.1', port: 9 } as never;
      },
    },
  );
  const feed = await serve.add({ kind: 'feed', job: 'c1' });
  const query = await serve.add({ kind: 'query', connection: 'p1', sql: 'SELECT 1', parameters: [] });
  expect([feed.name, feed.state.kind, query.state.kind]).toEqual(['Ticks', 'on', 'on']);
  isThere = false;
  expect((await ask(query.link, query.link.pathname)).status).toBe(502);
  expect(serve.shares.list().map(({ state }) => state.kind)).toEqual(['broken', 'broken']);
});
