/** The add dialog understands what is pasted, asks about it at once, and loses nothing that it cannot add. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { ProbeResult } from '../../shared/download.ts';
import { failure } from '../../shared/failure.ts';
import { EngineDouble, Refusal } from './engine-double.ts';
import { button, openWindow, press, row, saying } from './harness.tsx';
import { sampleJob } from './samples.ts';

const found = (name: string, patch: Partial<ProbeResult> = {}): ProbeResult => ({
  name,
  size: 1_500_000_000,
  resumability: 'strong-etag',
  host: 'mirror.example.org',
  identity: { finalUrl: 'https://mirror.example.org/', size: null, etag: null, lastModified: null, contentType: null },
  ...patch,
});

const box = () => page.getByRole('textbox', { name: 'Links' });
const dialog = () => page.getByRole('dialog', { name: 'New download' });

async function openAdd(engine: EngineDouble): Promise<void> {
  await openWindow(engine);
  await button('New download').click();
  await expect.element(box()).toHaveFocus();
}

test('one link is asked about at once: name, size, resumable, final host', async () => {
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'a' })] });
  engine.probe = async () => found('film.mkv');
  await openAdd(engine);
  await box().fill('https://example.org/film');
  await expect.element(dialog().getByTitle('film.mkv')).toBeVisible();
  await expect.element(dialog().getByText('1.5 GB · Can be resumed · mirror.example.org')).toBeVisible();
  expect(engine.callsOf('remote.probe')).toEqual([{ url: 'https://example.org/film' }]);
});

test('typing on cancels the question', async () => {
  const engine = new EngineDouble({ jobs: [] });
  const cancelled: string[] = [];
  engine.probe = (url, signal) =>
    new Promise((resolve) => {
      if (url.endsWith('/second')) resolve(found('second.zip'));
      signal?.addEventListener('abort', () => cancelled.push(url));
    });
  await openAdd(engine);
  await box().fill('https://example.org/first');
  await expect.element(dialog().getByText('Asking example.org…')).toBeVisible();
  await expect.poll(() => engine.callsOf('remote.probe')).toHaveLength(1);
  await box().fill('https://example.org/second');
  await expect.poll(() => cancelled).toEqual(['https://example.org/first']);
  await expect.element(dialog().getByTitle('second.zip')).toBeVisible();
});

test('a size that is not known is said, never made up', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async () => found('live.ts', { size: null, resumability: 'size-unknown' });
  await openAdd(engine);
  await box().fill('https://example.org/live');
  await expect.element(dialog().getByText('Size not known · Cannot be resumed · mirror.example.org')).toBeVisible();
});

test.for([
  ['ubuntu 26.04', '“ubuntu 26.04” is not a link.', 'Paste a whole link'],
  ['ftp://ftp.gnu.org/emacs.tar.xz', 'Sluice cannot read ftp links.', 'Use an http'],
  ['example.org:8080/file', 'is not a link.', 'Paste a whole link'],
] as const)('“%s” gets its sentence without asking anyone', async ([text, what, next]) => {
  const engine = new EngineDouble({ jobs: [] });
  await openAdd(engine);
  await box().fill(text);
  const alert = dialog().getByRole('alert');
  await expect.element(alert.getByText(what, { exact: false })).toBeVisible();
  expect(alert.element().textContent).toContain(next);
  await button('Add').click();
  await expect.element(box()).toHaveFocus();
  expect(engine.callsOf('remote.probe')).toEqual([]);
  expect(engine.callsOf('jobs.add')).toEqual([]);
});

test('what the server says wrong stands under the link, and it can be added all the same', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async () => {
    throw new Refusal('not-found', { host: 'example.org', status: 404 });
  };
  await openAdd(engine);
  await box().fill('https://example.org/gone.zip');
  await expect.element(dialog().getByRole('alert').getByText('example.org has no such file (404).')).toBeVisible();
  await press('{Control>}{Enter}{/Control}');
  await expect.poll(() => engine.callsOf('jobs.add')).toHaveLength(1);
  await expect.element(dialog()).not.toBeInTheDocument();
});

test('a batch: good lines are added, bad ones stay with their sentence', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async (url) => found(url.slice(-5));
  engine.add = ({ url }) => {
    if (url.includes('full'))
      return { ok: false, failure: failure('disk-full', { folder: '/x', free: '1 GB', needed: '2 GB' }) };
    engine.change({ jobs: [sampleJob({ id: url, url, name: url.slice(-5) })] });
    return { ok: true, id: url };
  };
  await openAdd(engine);
  await box().fill('https://example.org/a.zip\nnot a link\nhttps://example.org/full.zip\n\nhttps://example.org/b.zip');
  await expect.element(dialog().getByText('4 links, 1 cannot be added')).toBeVisible();
  const lines = dialog().getByRole('list', { name: 'Results' });
  await expect.element(lines.getByText('“not a link” is not a link.')).toBeVisible();
  await button('Add 3').click();

  await expect.element(dialog().getByText('2 added. What is left could not be.')).toBeVisible();
  await expect.element(box()).toHaveValue('not a link\nhttps://example.org/full.zip');
  await expect.element(lines.getByText('/x has 1 GB free and 2 GB are needed.')).toBeVisible();
  await press('{Escape}');
  await expect.element(row('a.zip')).toBeVisible();
  await expect.element(row('b.zip')).toBeVisible();
});

test('a curl command brings its link and its headers, but not those that spoil resuming', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async () => found('data.csv');
  await openAdd(engine);
  await box().fill(
    `curl 'https://example.org/data?id=1' \\\n  -H 'Referer: https://example.org/' \\\n  -H 'Accept-Encoding: gzip' -b 'sid=42' --compressed`,
  );
  await expect.element(dialog().getByTitle('data.csv')).toBeVisible();
  await button('Add').click();
  const headers = { Referer: 'https://example.org/', Cookie: 'sid=42' };
  await expect
    .poll(() => engine.callsOf('jobs.add'))
    .toEqual([{ downloads: [{ url: 'https://example.org/data?id=1', folder: '/home/ada/Downloads', headers }] }]);
  expect(engine.callsOf('remote.probe')).toEqual([{ url: 'https://example.org/data?id=1', headers }]);
});

test('the advanced part reaches the engine, and what is wrong in it stands at its field', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async () => found('big.iso');
  engine.add = ({ checksum }) =>
    checksum?.startsWith('sha-256:')
      ? { ok: true, id: 'x' }
      : { ok: false, failure: failure('bad-checksum', { text: checksum ?? '' }) };
  await openAdd(engine);
  await box().fill('https://example.org/big.iso');
  await button('Advanced').click();
  const limit = dialog().getByRole('textbox', { name: 'Speed limit' });
  await limit.fill('fast');
  await expect.element(limit).toHaveAccessibleDescription(/“fast” is not a speed/);
  await button('Add').click();
  expect(engine.callsOf('jobs.add')).toEqual([]);

  await limit.fill('2M');
  await dialog().getByRole('textbox', { name: 'Headers' }).fill('X-Key: 1\nno colon');
  await expect
    .element(dialog().getByRole('textbox', { name: 'Headers' }))
    .toHaveAccessibleDescription(/“no colon” is not a header/);
  await dialog().getByRole('textbox', { name: 'Headers' }).fill('X-Key: 1');
  await dialog().getByRole('combobox', { name: 'Connections' }).selectOptions('4');
  const checksum = dialog().getByRole('textbox', { name: 'Checksum' });
  await checksum.fill('1234');
  await button('Add').click();
  await expect.element(checksum).toHaveAccessibleDescription(/“1234” is not a checksum Sluice knows/);
  await checksum.fill(`sha-256:${'0'.repeat(64)}`);
  await button('Add').click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('jobs.add').at(-1)).toEqual({
    downloads: [
      {
        url: 'https://example.org/big.iso',
        folder: '/home/ada/Downloads',
        connections: 4,
        limit: 2_000_000,
        checksum: `sha-256:${'0'.repeat(64)}`,
        headers: { 'X-Key': '1' },
      },
    ],
  });
});

test('the folder says its free space, or why it cannot be used', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.probe = async () => found('big.iso');
  engine.folder = (path) => {
    if (path === '/root') throw new Refusal('folder-not-writable', { folder: '/root' });
    return { path, free: 2_000_000_000, available: path === '/small' ? 900_000_000 : 2_000_000_000 };
  };
  await openAdd(engine);
  const folder = dialog().getByRole('textbox', { name: 'Folder' });
  await expect.element(folder).toHaveAccessibleDescription('2.0 GB free');
  await box().fill('https://example.org/big.iso');
  await folder.fill('/small');
  await expect.element(folder).toHaveAccessibleDescription(/\/small has 900 MB free and 1\.5 GB are needed/);
  await folder.fill('/root');
  await expect.element(folder).toHaveAccessibleDescription(/Sluice may not write in \/root\. Choose another folder/);
});

test('a paste anywhere, and a drop anywhere, open it filled; nothing is added by that', async () => {
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'a' })] });
  engine.probe = async () => found('x.zip');
  await openWindow(engine);
  await expect.element(row('a.bin')).toBeVisible();
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', 'https://example.org/pasted.zip');
  document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  await expect.element(box()).toHaveValue('https://example.org/pasted.zip');
  await press('{Escape}');
  await expect.element(dialog()).not.toBeInTheDocument();

  const dataTransfer = new DataTransfer();
  dataTransfer.setData('text/uri-list', '# two links\r\nhttps://example.org/1.zip\r\nhttps://example.org/2.zip\r\n');
  const grid = page.getByRole('grid').element();
  grid.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }));
  await expect.element(saying('Drop to add')).toBeVisible();
  grid.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  await expect.element(box()).toHaveValue('https://example.org/1.zip\nhttps://example.org/2.zip');
  expect(engine.callsOf('jobs.add')).toEqual([]);
});
