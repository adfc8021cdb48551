/** Shares: a link for people and phones, the network only by choice, readers seen live, revoked at once. */
import jsQR from 'jsqr';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { SystemInfo } from '../../shared/system.ts';
import { sampleProfile } from './database-samples.ts';
import { EngineDouble, Refusal } from './engine-double.ts';
import { button, openWindow, row, saying } from './harness.tsx';
import { sampleJob } from './samples.ts';
import { sampleNetwork, sampleShare, sampleShareDetail, sampleShares } from './share-samples.ts';

const panel = () => page.getByRole('complementary', { name: 'Share' });
const dialog = () => page.getByRole('dialog');

async function openShares(shares = sampleShares, info: Partial<SystemInfo> = {}): Promise<EngineDouble> {
  const engine = new EngineDouble({ jobs: [], info });
  engine.shares.shares = [...shares];
  engine.shares.network = sampleNetwork;
  engine.shares.detail = (id) => ({ ...sampleShareDetail, id });
  await openWindow(engine);
  await button(/^Shares/).click();
  await expect.element(page.getByRole('heading', { name: 'Shares' })).toBeVisible();
  return engine;
}

/** What a camera reads from a code as it is drawn, at three times its size. */
async function seenByCamera(code: Element): Promise<string | undefined> {
  const drawn = code.cloneNode(true) as SVGElement;
  const size = 3 * code.getBoundingClientRect().width;
  for (const [name, value] of [
    ['xmlns', 'http://www.w3.org/2000/svg'],
    ['width', size],
    ['height', size],
  ] as const) {
    drawn.setAttribute(name, String(value));
  }
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(drawn.outerHTML)}`;
  await picture.decode();
  const canvas = new OffscreenCanvas(size, size).getContext('2d')!;
  canvas.fillStyle = '#ffffff';
  canvas.fillRect(0, 0, size, size);
  canvas.drawImage(picture, 0, 0);
  return jsQR(canvas.getImageData(0, 0, size, size).data, size, size)?.data;
}

test('a folder becomes a link: by itself only for this computer', async () => {
  const engine = await openShares([]);
  await button('Share a folder').click();
  await dialog().getByRole('textbox', { name: 'Folder' }).fill('/home/ada/Music');
  await dialog().getByRole('textbox', { name: 'Name' }).fill('Music');
  await dialog().getByLabelText('Password').fill('quiet please');
  await dialog().getByRole('combobox', { name: 'Or after' }).selectOptions('5 deliveries');
  await button('Share').last().click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('shares.add')).toEqual([
    {
      target: { kind: 'folder', path: '/home/ada/Music', hidden: false, uploads: false, uploadQuota: null },
      options: {
        name: 'Music',
        audience: 'this-computer',
        expiresAt: null,
        deliveries: 5,
        limit: null,
        disposition: 'inline',
      },
      password: 'quiet please',
    },
  ]);
  // It is shown at once, with its link and a code for a camera.
  await expect.element(panel().getByText('http://127.0.0.1:8321/share-1')).toBeVisible();
  const code = panel().getByRole('img', { name: 'The link as a QR code' });
  await expect.element(code).toBeVisible();
  expect(await seenByCamera(code.element())).toBe('http://127.0.0.1:8321/share-1');
});

test('the network is a deliberate choice that shows the addresses', async () => {
  const engine = await openShares([sampleShare({ id: 'a.txt' })]);
  await button('a.txt').click();
  await expect.element(panel().getByText('Only this computer reaches it.', { exact: false })).toBeVisible();
  expect(engine.callsOf('shares.network')).toEqual([]);
  await panel().getByRole('radio', { name: 'This network' }).click();
  await expect.poll(() => engine.callsOf('shares.change')).toEqual([{ id: 'a.txt', options: { audience: 'network' } }]);
  await expect.element(panel().getByText('192.168.1.24, 10.8.0.3', { exact: false })).toBeVisible();
});

test('readers are there live, with what holds them back; the log below', async () => {
  const engine = await openShares();
  await button(/^city-council/).click();
  await expect.element(panel().getByText('192.168.1.40', { exact: true })).toBeVisible();
  await expect.element(panel().getByText('The phone reads slowly', { exact: false })).toBeVisible();
  await expect.element(panel().getByText('It waits for the download', { exact: false })).toBeVisible();
  await expect.element(panel().getByRole('cell', { name: '401' })).toBeInTheDocument();
  engine.shares.detail = (id) => ({ ...sampleShareDetail, id, readers: [] });
  engine.shares.tick();
  await expect.element(panel().getByText('Nobody.')).toBeInTheDocument();
});

test('it follows the engine: figures change, and what is revoked is gone', async () => {
  const engine = await openShares([sampleShare({ id: 'a.txt' }), sampleShare({ id: 'b.txt' })]);
  await expect.element(button(/^Shares/)).toHaveTextContent('Shares 2');
  engine.shares.change([sampleShare({ id: 'a.txt', readers: 3, rate: 4_000_000 }), sampleShare({ id: 'b.txt' })]);
  await expect.element(saying('3 readers')).toBeVisible();
  await button('b.txt').click();
  await button('Revoke').click();
  await expect.poll(() => engine.callsOf('shares.revoke')).toEqual([{ ids: ['b.txt'] }]);
  await expect.element(button('b.txt')).not.toBeInTheDocument();
  await expect.element(panel()).not.toBeInTheDocument();
});

test('a share whose file is gone says so', async () => {
  await openShares();
  await expect.element(saying('The file /home/ada/thesis-final.pdf is not there any more.')).toBeVisible();
});

test('what cannot be shared says why, at its field', async () => {
  const engine = await openShares([]);
  engine.shares.added = () => {
    throw new Refusal('cannot-share', { path: '/nowhere', detail: 'it is not there' });
  };
  await button('Share something else').click();
  await button('Share').last().click();
  const file = dialog().getByRole('textbox', { name: 'File', exact: true });
  await expect.element(file).toHaveAccessibleDescription(/^Say which file to share\./);
  await expect.element(file).toBeInvalid();
  await file.fill('/nowhere');
  await expect.element(file).toBeValid();
  await button('Share').last().click();
  await expect.element(file).toHaveAccessibleDescription(/^\/nowhere cannot be shared: it is not there\./);
  // Once, not at the foot as well.
  expect(dialog().getByText('/nowhere cannot be shared', { exact: false }).elements()).toHaveLength(1);
});

test('a download that is still to be chosen is asked for at its field', async () => {
  await openShares([]);
  await button('Share something else').click();
  await dialog().getByRole('combobox', { name: 'Share a' }).selectOptions('Download');
  await button('Share').last().click();
  await expect.element(dialog().getByText('Choose a download.', { exact: false })).toBeVisible();
});

test('a download is shared while it runs, from its menu', async () => {
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'film', name: 'film.mkv', state: { kind: 'running' } })] });
  await openWindow(engine);
  await row('film.mkv').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Share while it downloads…' }).click();
  await button('Share').last().click();
  await expect
    .poll(() => engine.callsOf('shares.add'))
    .toMatchObject([{ target: { kind: 'job', job: 'film' }, options: { name: 'film.mkv' } }]);
});

test('what a folder shows and how much may be put into it is chosen', async () => {
  const engine = await openShares([], { can: { chooseFolder: true, openFiles: true, sleep: true } });
  engine.choose = (what) => (what === 'folder' ? '/home/ada/Inbox' : null);
  await button('Share a folder').click();
  await button('Choose…').click();
  await expect.element(dialog().getByRole('textbox', { name: 'Folder' })).toHaveValue('/home/ada/Inbox');
  await dialog()
    .getByRole('checkbox', { name: /^Show hidden files/ })
    .click();
  await dialog().getByRole('checkbox', { name: 'Others may upload into it' }).click();
  await dialog().getByRole('combobox', { name: 'Uploads may fill' }).selectOptions('1.0 GB in all');
  await dialog().getByRole('combobox', { name: 'In a browser' }).selectOptions('It is saved');
  await button('Share').last().click();
  await expect
    .poll(() => engine.callsOf('shares.add'))
    .toMatchObject([
      {
        target: { kind: 'folder', path: '/home/ada/Inbox', hidden: true, uploads: true, uploadQuota: 1_000_000_000 },
        options: { disposition: 'attachment' },
      },
    ]);
});

test('a file is chosen with the system’s dialog, where it begins at what is typed', async () => {
  const engine = await openShares([], { can: { chooseFolder: true, openFiles: true, sleep: true } });
  engine.choose = (what, from) => (what === 'file' ? `${from}/film.mkv` : null);
  await button('Share something else').click();
  const file = dialog().getByRole('textbox', { name: 'File', exact: true });
  await file.fill('/home/ada');
  await button('Choose…').click();
  await expect.element(file).toHaveValue('/home/ada/film.mkv');
});

test('a reader shows what its bytes go through, and how long they wait where', async () => {
  await openShares();
  await button(/^city-council/).click();
  const reader = panel().getByRole('listitem').filter({ hasText: '192.168.1.40' });
  await expect.element(reader.getByText('Source 5 %')).toBeVisible();
  await expect.element(reader.getByText('Queue 262 KB')).toBeVisible();
  await expect.element(reader.getByText('Reader 82 %')).toBeVisible();
  await expect.element(reader.getByText('from 120 MB to 460 MB', { exact: false })).toBeVisible();
});

test('over HTTPS the certificate’s fingerprint is there to compare, once there is one', async () => {
  const engine = await openShares([sampleShare({ id: 'a.txt', audience: 'network' })]);
  await button('a.txt').click();
  await expect.element(panel().getByText('192.168.1.24, 10.8.0.3.', { exact: false })).toBeVisible();
  engine.shares.network = { ...sampleNetwork, https: true, fingerprint: '3A:5F:0C:91' };
  engine.changeSettings({ shareHttps: true });
  await expect.element(panel().getByText('3A:5F:0C:91')).toBeVisible();
  await expect.element(panel().getByText('over HTTPS', { exact: false })).toBeVisible();
});

test('Try it begins with the downloads folder', async () => {
  await openShares([]);
  await button('Try it').click();
  await expect.element(dialog().getByRole('textbox', { name: 'Folder' })).toHaveValue('/home/ada/Downloads');
});

test('of a remote as much is kept on disk as is said, and it is asked with the headers that are given', async () => {
  const engine = await openShares([]);
  await button('Share something else').click();
  await dialog().getByRole('combobox', { name: 'Share a' }).selectOptions('Remote link');
  await dialog().getByRole('textbox', { name: 'Link' }).fill('https://example.org/film.mkv');
  await dialog().getByRole('combobox', { name: 'Keep what was read on this disk' }).selectOptions('Up to 4.0 GB');
  await button(/^Headers/).click();
  const headers = dialog().getByRole('textbox', { name: 'Headers' });
  await headers.fill('no colon');
  await button('Share').last().click();
  await expect.element(dialog().getByText('Correct the headers.', { exact: false })).toBeVisible();
  await headers.fill('Authorization: Bearer s3cret');
  await button('Share').last().click();
  await expect
    .poll(() => engine.callsOf('shares.add'))
    .toMatchObject([
      {
        target: {
          kind: 'remote',
          url: 'https://example.org/film.mkv',
          cache: 4_000_000_000,
          headers: { Authorization: 'Bearer s3cret' },
        },
      },
    ]);
});

test('parameters of a query have names, types and what holds where they are left out', async () => {
  const engine = await openShares([]);
  engine.database.change([sampleProfile({ id: 'shop', name: 'Shop' })]);
  engine.database.describe = (sql) => {
    if (!sql.includes('orders')) throw new Refusal('sql-error', { detail: 'relation "oders" does not exist' });
    return { columns: [], parameters: ['integer', 'boolean'] };
  };
  await button('Share something else').click();
  await dialog().getByRole('combobox', { name: 'Share a' }).selectOptions('Query');
  const sql = dialog().getByRole('textbox', { name: 'SQL' });
  await sql.fill('SELECT * FROM oders');
  await button('Share').last().click();
  // Without a connection there is nothing to ask.
  await expect.element(dialog().getByText('Choose a connection.', { exact: false })).toBeVisible();
  await dialog().getByRole('combobox', { name: 'Connection' }).selectOptions('Shop');
  await expect.element(sql).toHaveAccessibleDescription(/"oders" does not exist/);
  await sql.fill('SELECT * FROM orders WHERE id > $1 AND paid = $2');
  await expect.element(dialog().getByRole('rowheader', { name: '$2 boolean' })).toBeVisible();
  await dialog().getByRole('textbox', { name: 'Name of $1' }).fill('after');
  await dialog().getByRole('combobox', { name: '$2 if it is left out' }).selectOptions('true');
  await button('Share').last().click();
  await expect
    .poll(() => engine.callsOf('shares.add'))
    .toMatchObject([
      {
        target: {
          kind: 'query',
          connection: 'shop',
          sql: 'SELECT * FROM orders WHERE id > $1 AND paid = $2',
          parameters: [
            { name: 'after', value: null },
            { name: 'p2', value: 'true' },
          ],
        },
      },
    ]);
});

test('name, deliveries and what a browser does change while it is on', async () => {
  const engine = await openShares([sampleShare({ id: 'a.txt', name: 'a.txt', deliveries: 3 })]);
  await button('a.txt').click();
  const last = () => engine.callsOf('shares.change').at(-1);
  const deliveries = panel().getByRole('combobox', { name: 'Or after' });
  await expect.element(deliveries).toHaveDisplayValue('3 deliveries more');
  await deliveries.selectOptions('25 deliveries more');
  await expect.poll(last).toEqual({ id: 'a.txt', options: { deliveries: 25 } });
  await deliveries.selectOptions('Any number of deliveries');
  await expect.poll(last).toEqual({ id: 'a.txt', options: { deliveries: null } });
  await panel().getByRole('combobox', { name: 'In a browser' }).selectOptions('It is saved');
  await expect.poll(last).toEqual({ id: 'a.txt', options: { disposition: 'attachment' } });

  const rename = panel().getByRole('button', { name: 'Rename' });
  await expect.element(rename).not.toBeInTheDocument();
  await panel().getByLabelText('Name').fill('  ');
  await expect.element(rename).not.toBeInTheDocument();
  await panel().getByLabelText('Name').fill(' Holiday ');
  await rename.click();
  await expect.poll(last).toEqual({ id: 'a.txt', options: { name: 'Holiday' } });
  await expect.element(rename).not.toBeInTheDocument();
});

test('password and limit change while it is on', async () => {
  const engine = await openShares([sampleShare({ id: 'a.txt', hasPassword: true })]);
  await button('a.txt').click();
  await panel().getByRole('combobox', { name: 'Speed limit' }).selectOptions('1.0 MB/s');
  await expect.poll(() => engine.callsOf('shares.change')).toEqual([{ id: 'a.txt', options: { limit: 1_000_000 } }]);
  await panel().getByRole('button', { name: 'Remove' }).click();
  await expect.poll(() => engine.callsOf('shares.change').at(-1)).toEqual({ id: 'a.txt', options: {}, password: null });
  await panel().getByLabelText('Password').fill('new one');
  await panel().getByRole('button', { name: 'Set' }).click();
  await expect
    .poll(() => engine.callsOf('shares.change').at(-1))
    .toEqual({ id: 'a.txt', options: {}, password: 'new one' });
});
