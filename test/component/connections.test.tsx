/** Connections: made from a link, a form or what this computer knows; tested in words; their passwords never shown. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { Job } from '../../shared/job.ts';
import { sampleProfile, sampleProfiles } from './database-samples.ts';
import { EngineDouble, Refusal } from './engine-double.ts';
import { sampleExport } from './export-samples.ts';
import { button, openWindow, press, saying } from './harness.tsx';

const dialog = () => page.getByRole('dialog');
const field = (name: string) => dialog().getByRole('textbox', { name, exact: true });
const draft = {
  ...sampleProfile({ id: 'x', name: 'shop on db.example.org', host: 'db.example.org', database: 'shop', user: 'ada' }),
};

async function openConnections(profiles = sampleProfiles, jobs: Job[] = []): Promise<EngineDouble> {
  const engine = new EngineDouble({ jobs });
  engine.database.profiles = [...profiles];
  await openWindow(engine);
  await button(/^Connections/).click();
  await expect.element(page.getByRole('heading', { name: 'Connections' })).toBeVisible();
  return engine;
}

test('a link fills the form, and the connection is kept with its password', async () => {
  const engine = await openConnections([]);
  const { id: _, hasPassword: __, hasSshPassword: ___, sample: ____, ...parsed } = draft;
  engine.database.parse = () => ({ ...parsed, port: 6543, password: 's3cret' });
  await button('Add a connection').click();
  await field('Link').fill('postgresql://ada:s3cret@db.example.org:6543/shop');
  await expect.element(field('Host')).toHaveValue('db.example.org');
  await expect.element(field('Port')).toHaveValue('6543');
  await dialog().getByRole('radio', { name: 'Red' }).click();
  await button('Add').click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('connections.save')).toMatchObject([
    { name: 'shop on db.example.org', color: 'red', port: 6543, password: 's3cret', readOnly: true },
  ]);
  // It opens at once, to be exported from.
  await expect.element(page.getByRole('heading', { name: 'shop on db.example.org' })).toBeVisible();
});

test('what is wrong with a link stands under it, and nothing is filled in', async () => {
  const engine = await openConnections();
  engine.database.parse = () => {
    throw new Refusal('bad-input', { detail: 'This is not a connection link' });
  };
  await button('New connection').click();
  await field('Link').fill('mysql://x');
  await expect.element(field('Link')).toHaveAccessibleDescription(/not a connection link/);
  await expect.element(field('Host')).toHaveValue('localhost');
});

test.for([
  ['host-not-found', { host: 'db' }, 'No: Host found'],
  ['connection-refused', { host: 'db' }, 'No: Server reached'],
  ['tls-failed', { host: 'db', detail: 'x' }, 'No: Encrypted'],
  ['login-refused', { host: 'db', user: 'ada', detail: 'x' }, 'No: Logged in'],
  ['no-such-database', { host: 'db', database: 'shop' }, 'No: Database open'],
] as const)('a test says at which step it failed: %s', async ([code, params, step]) => {
  const engine = await openConnections();
  engine.database.test = async () => {
    throw new Refusal(code, params);
  };
  await button('New connection').click();
  await button('Test').last().click();
  const steps = dialog().getByRole('listitem').elements();
  await expect.element(dialog().getByRole('status').getByRole('list')).toBeVisible();
  expect(steps.length).toBeLessThanOrEqual(6);
  const failed = dialog()
    .getByRole('listitem')
    .elements()
    .find((one) => one.getAttribute('data-how') === 'failed');
  expect(`${failed?.querySelector('svg')?.getAttribute('aria-label')} ${failed?.textContent}`).toBe(step);
});

test('an unknown SSH key is shown, and allowed only by pressing so', async () => {
  const [, , research] = sampleProfiles;
  const engine = await openConnections(
    research ? [{ ...research, ssh: research.ssh && { ...research.ssh, hostKey: null } }] : [],
  );
  engine.database.test = async (draft) => {
    if (draft.ssh?.hostKey !== 'SHA256:abc')
      throw new Refusal('ssh-host-unknown', { host: 'bastion', fingerprint: 'SHA256:abc' });
    return {
      server: 'PostgreSQL 18.4',
      latency: 3,
      tls: null,
      user: 'ada',
      database: 'x',
      readOnly: true,
      pooler: false,
    };
  };
  await button('More for Research warehouse').click();
  await page.getByRole('menuitem', { name: 'Edit…' }).click();
  await button('Test').last().click();
  await expect.element(dialog().getByText(/Allow its key \(SHA256:abc\) only if you know it/)).toBeVisible();
  await button('Allow this key').click();
  await expect.element(dialog().getByText(/PostgreSQL 18\.4 · 3 ms · not encrypted/)).toBeVisible();
  await button('Save').click();
  await expect.poll(() => engine.callsOf('connections.save')).toMatchObject([{ ssh: { hostKey: 'SHA256:abc' } }]);
});

test('a kept password stays unless it is replaced or forgotten', async () => {
  const engine = await openConnections([sampleProfile({ id: 'shop', name: 'Shop' })]);
  const edit = async () => {
    await button('More for Shop').click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
  };
  await edit();
  const password = dialog().getByLabelText('Password', { exact: true });
  await expect.element(password).toHaveValue('');
  await field('Name').fill('Shop 2');
  await button('Save').click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('connections.save').at(-1)).not.toHaveProperty('password');
  await button('More for Shop 2').click();
  await page.getByRole('menuitem', { name: 'Edit…' }).click();
  await button('Forget').click();
  await button('Save').click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('connections.save').at(-1)).toMatchObject({ password: null });
});

test('fields that are missing are named before anything is asked', async () => {
  const engine = await openConnections();
  await button('New connection').click();
  await field('Host').fill('');
  await field('Port').fill('99999');
  await button('Add').click();
  await expect.element(field('Host')).toHaveAccessibleDescription(/Write a host name/);
  await expect.element(field('Port')).toHaveAccessibleDescription(/1 to 65535/);
  expect(engine.callsOf('connections.save')).toEqual([]);
});

test('what this computer knows is taken over with its password, without showing it', async () => {
  const engine = new EngineDouble({ jobs: [] });
  const { id: _, hasPassword: __, hasSshPassword: ___, sample: ____, ...known } = { ...draft, name: 'billing' };
  engine.database.importable = [{ key: 'service:billing', from: 'service', draft: known, hasPassword: true }];
  await openWindow(engine);
  await button(/^Connections/).click();
  await expect.element(saying('from pg_service.conf, with its password')).toBeVisible();
  await page.getByRole('region', { name: 'Found on this computer' }).getByRole('button', { name: 'Add' }).click();
  await expect
    .poll(() => engine.callsOf('connections.save'))
    .toMatchObject([{ name: 'billing', passwordOf: 'service:billing' }]);
  // What is kept is no longer offered.
  await expect.element(saying('from pg_service.conf')).not.toBeInTheDocument();
});

test('the sample database opens by one press, or says why it is not here', async () => {
  const engine = await openConnections([]);
  let there = false;
  engine.database.sample = async () => {
    if (!there) throw new Refusal('no-sample', { detail: 'no PostgreSQL for this system' });
    return sampleProfile({ id: 'sample', name: 'Sample', sample: true });
  };
  await button('Try it').click();
  await expect.element(saying('The sample database is not on this computer')).toBeVisible();
  there = true;
  await button('Try it').click();
  await expect.element(page.getByRole('heading', { name: 'Sample' })).toBeVisible();
});

test('a connection goes only once its removal was confirmed, and with it the wait of what needs it', async () => {
  const engine = await openConnections(
    [sampleProfile({ id: 'shop', name: 'Shop' })],
    [
      sampleExport({ id: 'orders', state: { kind: 'paused' } }),
      sampleExport({ id: 'done', state: { kind: 'completed', at: 0, proof: 'size' } }),
    ],
  );
  const ask = async () => {
    await button('More for Shop').click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
  };
  await ask();
  await expect.element(dialog().getByText(/password is forgotten.*one export cannot go on without it/)).toBeVisible();
  // Enter keeps it.
  await expect.element(dialog().getByRole('button', { name: 'Cancel' })).toHaveFocus();
  await press('{Enter}');
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('connections.remove')).toEqual([]);
  await ask();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('connections.remove')).toEqual([{ id: 'shop' }]);
  await expect.element(button('More for Shop')).not.toBeInTheDocument();
});

test('what another window or the command line changes is seen at once', async () => {
  const engine = await openConnections([sampleProfile({ id: 'shop', name: 'Shop' })]);
  engine.database.change([sampleProfile({ id: 'shop', name: 'Shop' }), sampleProfile({ id: 'new', name: 'Archive' })]);
  const list = page.getByRole('list', { name: 'Connections' });
  await list.getByRole('button', { name: 'Archive' }).click();
  await expect.element(page.getByRole('heading', { name: 'Archive' })).toBeVisible();
  // What is open here and removed there has no page any more.
  engine.database.change([sampleProfile({ id: 'shop', name: 'Shop' })]);
  await expect.element(page.getByRole('heading', { name: 'Connections' })).toBeVisible();
  await expect.element(list.getByRole('button', { name: 'Archive' })).not.toBeInTheDocument();
});

test('Escape closes the form, and the focus comes back', async () => {
  await openConnections();
  await button('New connection').click();
  await expect.element(dialog()).toBeVisible();
  await press('{Escape}');
  await expect.element(dialog()).not.toBeInTheDocument();
  await expect.element(button('New connection')).toHaveFocus();
});
