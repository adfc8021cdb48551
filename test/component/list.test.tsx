/** What a row says, and what can be done with it by mouse. */
import { expect, onTestFinished, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { failure, type FailureCode, type FailureParams } from '../../shared/failure.ts';
import type { AttentionChoice } from '../../shared/job.ts';
import { EngineDouble } from './engine-double.ts';
import { button, openWindow, press, row, rowElement, rowNames, selectedIds, saying } from './harness.tsx';
import { busyJobs, metersFor, sampleJob, sampleNow } from './samples.ts';

async function openBusy(): Promise<EngineDouble> {
  const jobs = busyJobs();
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs) });
  await openWindow(engine);
  await expect.element(row('ubuntu-26.04-desktop-amd64.iso')).toBeVisible();
  return engine;
}

test('a running row says state, host, amount, share, speed and time left', async () => {
  await openBusy();
  const text = rowElement('ubuntu-26.04').textContent;
  for (const word of ['Downloading', 'releases.ubuntu.com', '3.8 of 6.2 GB', '60 %', '38.4 MB/s', '1 min 03 s']) {
    expect(text).toContain(word);
  }
  const bar = row('ubuntu-26.04').getByRole('progressbar');
  await expect.element(bar).toHaveAttribute('aria-valuenow', '60');
  expect(bar.element().querySelector('path')?.getAttribute('d')?.split('M')).toHaveLength(1 + 8);
});

test('an unknown total never shows a share', async () => {
  const unknown = (id: string, kind: 'running' | 'paused' | 'queued') =>
    sampleJob({ id, size: null, done: 318_000_000, state: { kind }, resumability: 'size-unknown' });
  const jobs = [unknown('live', 'running'), unknown('held', 'paused'), unknown('next', 'queued')];
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs) });
  await openWindow(engine);
  await row('live.bin').click();
  await press('{Enter}');
  await expect.element(saying('the server does not say how large the file is')).toBeVisible();
  for (const name of ['live.bin', 'held.bin', 'next.bin']) {
    expect(rowElement(name).textContent).toContain('318 MB');
    const bar = rowElement(name).querySelector('[role=progressbar]');
    expect(bar?.hasAttribute('aria-valuenow')).toBe(false);
  }
  await expect.element(row('live.bin').getByRole('progressbar')).toHaveAttribute('data-moving', 'true');
  await expect.element(row('held.bin').getByRole('progressbar')).not.toHaveAttribute('data-moving');
  expect(document.querySelector('[role=grid]')?.textContent).not.toContain('%');
});

test('the groups of the sidebar count, and show only theirs', async () => {
  await openBusy();
  await expect.element(button('All 13')).toBeVisible();
  await button('Queued 3').click();
  await expect.poll(rowNames).toEqual(['imagenet', 'debian', 'census']);
  await button('Failed 2').click();
  await expect.poll(rowNames).toEqual(['wikipedia', 'field']);
});

test('a click selects, Shift selects up to here, Control one more', async () => {
  await openBusy();
  await row('planet').click();
  expect(selectedIds()).toEqual(['planet']);
  await row('blender').click({ modifiers: ['Shift'] });
  expect(selectedIds()).toEqual(['planet', 'stream', 'blender']);
  await row('stream')
    .or(row('city-council'))
    .first()
    .click({ modifiers: ['Control'] });
  expect(selectedIds()).toEqual(['planet', 'blender']);
});

test('what a filter hides is no longer selected', async () => {
  const engine = await openBusy();
  await row('ubuntu').click();
  await press('{Control>}a{/Control}');
  await button(/^Queued/).click();
  await expect.poll(selectedIds).toEqual(['imagenet', 'debian', 'census']);
  await row('ILSVRC').click({ modifiers: ['Shift'] });
  await press('{Delete}');
  await page.getByRole('button', { name: 'Remove, keep the file' }).click();
  await expect.poll(() => engine.callsOf('jobs.remove')).toHaveLength(1);
  expect(engine.job('ubuntu').state.kind).toBe('running');
});

test('an attention row says what is wrong and offers its choices', async () => {
  const engine = await openBusy();
  const attention = row('enwiki');
  expect(rowElement('enwiki').textContent).toContain('The server changed this file');
  await attention.getByRole('button', { name: 'Start over' }).click();
  await expect.poll(() => engine.callsOf('jobs.decide')).toEqual([{ id: 'wikipedia', choice: 'start-over' }]);
  await attention.getByRole('button', { name: 'Open link' }).click();
  await expect.poll(() => engine.callsOf('jobs.openLink')).toEqual([{ id: 'wikipedia' }]);
  await row('field-recordings').getByRole('button', { name: 'Retry' }).click();
  await expect.poll(() => engine.callsOf('jobs.retry')).toEqual([{ ids: ['field'] }]);
});

test('another folder is asked for before a job goes on in it', async () => {
  const wrong = failure('folder-missing', { folder: '/media/ada/Backup' });
  const state = { kind: 'attention', failure: wrong, choices: ['change-folder'] } as const;
  const engine = new EngineDouble({
    jobs: [sampleJob({ id: 'a', folder: '/media/ada/Backup', state: { ...state, choices: ['change-folder'] } })],
  });
  await openWindow(engine);
  await row('a.bin').getByRole('button', { name: 'Choose folder…' }).click();
  await page.getByRole('textbox', { name: 'Folder' }).fill('/home/ada/Videos');
  await button('Go on there').click();
  await expect
    .poll(() => engine.callsOf('jobs.decide'))
    .toEqual([{ id: 'a', choice: 'change-folder', folder: '/home/ada/Videos' }]);
});

const stoppedBy = (code: FailureCode, params: FailureParams, ...choices: AttentionChoice[]) =>
  new EngineDouble({
    jobs: [sampleJob({ id: 'a', state: { kind: 'attention', failure: failure(code, params), choices } })],
  });

test('a new link is asked for, and a refused one is said at its field', async () => {
  const engine = stoppedBy('link-expired', {}, 'new-link', 'retry');
  engine.failing.set('jobs.decide', failure('other-file', { detail: 'its size differs' }));
  await openWindow(engine);
  await row('a.bin').getByRole('button', { name: 'New link…' }).click();
  const link = page.getByRole('textbox', { name: 'Link' });
  await link.fill('https://example.org/fresh');
  await press('{Enter}');
  await expect.element(link).toHaveAccessibleDescription(/The new link leads to another file \(its size differs\)/);
  engine.failing.clear();
  await press('{Enter}');
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  expect(engine.callsOf('jobs.decide').at(-1)).toEqual({
    id: 'a',
    choice: 'new-link',
    url: 'https://example.org/fresh',
  });
});

test('a login is asked for', async () => {
  const engine = stoppedBy('login-needed', { host: 'example.org', status: 401 }, 'login');
  await openWindow(engine);
  await row('a.bin').getByRole('button', { name: 'Log in…' }).click();
  await page.getByRole('textbox', { name: 'User name' }).fill('ada');
  const password = page.getByLabelText('Password');
  await expect.element(password).toHaveAttribute('type', 'password');
  await password.fill('s3cret');
  await button('Log in').click();
  await expect
    .poll(() => engine.callsOf('jobs.decide'))
    .toEqual([{ id: 'a', choice: 'login', username: 'ada', password: 's3cret' }]);
});

test('a certificate is shown before it is allowed, and only for its host', async () => {
  const shown = { host: 'nas.local', reason: 'it signed itself', subject: 'nas', issuer: 'nas', fingerprint: 'AB:CD' };
  const engine = stoppedBy('certificate-untrusted', shown, 'trust');
  await openWindow(engine);
  await row('a.bin').getByRole('button', { name: 'See certificate…' }).click();
  await expect.element(page.getByRole('dialog').getByText('AB:CD')).toBeVisible();
  expect(engine.callsOf('jobs.decide')).toEqual([]);
  await button('Allow for nas.local').click();
  await expect.poll(() => engine.callsOf('jobs.decide')).toEqual([{ id: 'a', choice: 'trust' }]);
});

test('plain http is said to be no safe way before it is allowed', async () => {
  const engine = stoppedBy('insecure-redirect', { host: 'files.example.org', to: 'cdn.example.net' }, 'allow-http');
  await openWindow(engine);
  await row('a.bin').getByRole('button', { name: 'Allow http…' }).click();
  const question = page.getByRole('dialog', { name: 'This file comes over plain http' });
  const sentence = question.getByText('from https to plain http at cdn.example.net. Anyone', { exact: false });
  await expect.element(sentence).toBeVisible();
  expect(engine.callsOf('jobs.decide')).toEqual([]);
  await button('Allow for this download').click();
  await expect.poll(() => engine.callsOf('jobs.decide')).toEqual([{ id: 'a', choice: 'allow-http' }]);
});

test('priority and a later start, from the menu', async () => {
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'a' }), sampleJob({ id: 'b', priority: 'high' })] });
  await openWindow(engine);
  expect(rowElement('b.bin').textContent).toContain('High');
  await row('a.bin').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Priority' }).click();
  await page.getByRole('menuitemradio', { name: 'Low' }).click();
  await expect.poll(() => engine.callsOf('jobs.setPriority')).toEqual([{ ids: ['a'], priority: 'low' }]);

  await row('b.bin').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Start later…' }).click();
  await page.getByLabelText('Not before').fill('2031-05-12T06:30');
  await button('Start then').click();
  await expect
    .poll(() => engine.callsOf('jobs.setStartAt'))
    .toEqual([{ ids: ['b'], startAt: new Date(2031, 4, 12, 6, 30).getTime() }]);
});

test('an action that fails says so on its row; on several, above the list', async () => {
  const engine = await openBusy();
  engine.failing.set('jobs.pause', failure('not-in-this-state', { name: 'This file', state: 'finishing' }));
  await row('ubuntu').hover();
  await row('ubuntu').getByRole('button', { name: 'Pause' }).click();
  await expect
    .poll(() => rowElement('ubuntu').textContent)
    .toContain('This file cannot do this while it is finishing.');

  await row('planet').click({ modifiers: ['Shift'] });
  await press(' ');
  const alert = page.getByRole('alert');
  await expect.element(alert.getByText('Choose something that it offers now.', { exact: false })).toBeVisible();
  await alert.getByRole('button', { name: 'Dismiss' }).click();
  await expect.element(alert).toHaveTextContent('');
});

test('a waiting row counts down and says why', async () => {
  const wrong = failure('connection-lost', { host: 'example.org' });
  const until = Date.now() + 90_000;
  const engine = new EngineDouble({
    jobs: [sampleJob({ id: 'a', state: { kind: 'waiting', reason: 'retry', until, attempt: 2, failure: wrong } })],
  });
  await openWindow(engine);
  await expect.poll(() => rowElement('a.bin').textContent).toMatch(/Trying again in (1 min|\d+ s)/);
  expect(rowElement('a.bin').textContent).toContain('example.org closed the connection early.');
  await row('a.bin').hover();
  await row('a.bin').getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => engine.callsOf('jobs.resume')).toEqual([{ ids: ['a'] }]);
});

test('the menu acts on the row it was opened on, or on the selection it belongs to', async () => {
  const engine = await openBusy();
  await row('planet').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Pause/ }).click();
  await expect.poll(() => engine.callsOf('jobs.pause')).toEqual([{ ids: ['planet'] }]);
  await expect.element(page.getByRole('menu')).not.toBeInTheDocument();

  await row('ubuntu').click({ modifiers: ['Shift'] });
  await row('ubuntu').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await expect.element(page.getByRole('dialog', { name: 'Remove 2 downloads?' })).toBeVisible();
});

test('the menu opens by its button too', async () => {
  await openBusy();
  await row('planet').hover();
  await row('planet').getByRole('button', { name: 'More' }).click();
  await expect.element(page.getByRole('menuitem', { name: 'Copy link' })).toBeVisible();
});

test('a finished row opens and shows its file, where the face can', async () => {
  const engine = await openBusy();
  await row('postgresql').dblClick();
  await expect.poll(() => engine.callsOf('jobs.open')).toEqual([{ id: 'postgres' }]);
  await row('postgresql').getByRole('button', { name: 'Show in folder' }).click();
  await expect.poll(() => engine.callsOf('jobs.reveal')).toEqual([{ id: 'postgres' }]);
});

test('a long name keeps its extension', async () => {
  const name = `${'a-very-long-name-'.repeat(12)}part7.tar.gz`;
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'long', name })] });
  await openWindow(engine);
  await expect.element(page.getByTitle(name)).toBeVisible();
  const cell = page.getByTitle(name).element();
  expect(cell.scrollWidth).toBeLessThanOrEqual(cell.clientWidth + 1);
});

test('first run: one sentence, and a sample that works without a network', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.add = ({ url }) => {
    queueMicrotask(() => engine.change({ jobs: [sampleJob({ id: 'sample', url, name: 'sample.bin' })] }));
    return { ok: true, id: 'sample' };
  };
  await openWindow(engine);
  await expect.element(saying('Paste a link, or drop one anywhere in this window.')).toBeVisible();
  await button('Try it').click();
  await expect.element(row('sample.bin')).toBeVisible();
  expect(engine.callsOf('system.sample')).toEqual([{ size: 64_000_000, rate: 2_000_000 }]);
});

test('what ends out of sight is told; what ends in sight is not', async () => {
  const engine = await openBusy();
  const end = (id: string) =>
    engine.change({ jobs: [{ ...engine.job(id), state: { kind: 'completed', at: sampleNow, proof: 'size' } }] });
  end('ubuntu');
  await expect.element(row('ubuntu-26.04-desktop-amd64.iso, Done')).toBeVisible();
  await button(/^Failed/).click();
  end('planet');
  const toasts = page.getByRole('region', { name: 'Notifications' });
  await expect.element(toasts.getByText('planet-260504.osm.pbf', { exact: false })).toBeVisible();
  await expect.element(toasts.getByText('ubuntu-26.04-desktop-amd64.iso', { exact: false })).not.toBeInTheDocument();
  await userEvent.click(toasts.getByRole('button', { name: 'Show' }));
  await expect.element(page.getByRole('heading', { name: 'planet-260504.osm.pbf' })).toBeVisible();
});

test('many that end at once out of sight are told in one sentence', async () => {
  const engine = new EngineDouble({ jobs: ['a', 'b', 'c', 'd', 'e'].map((id) => sampleJob({ id })) });
  await openWindow(engine);
  await button(/^Failed/).click();
  const ended = ['a', 'b', 'c', 'd'].map((id) => ({
    ...engine.job(id),
    state: { kind: 'completed' as const, at: sampleNow, proof: 'size' as const },
  }));
  const wrong = failure('not-found', { host: 'example.org', status: 404 });
  engine.change({ jobs: [...ended, { ...engine.job('e'), state: { kind: 'failed', failure: wrong } }] });
  const toasts = page.getByRole('region', { name: 'Notifications' });
  await expect.element(toasts.getByText('5 downloads ended')).toBeVisible();
  await expect.element(toasts.getByText('4 done, 1 stopped')).toBeVisible();
});

test('where the engine has no screen, the browser opens a link itself, and only a link of the web', async () => {
  const opened: unknown[] = [];
  const open = window.open;
  window.open = (...given) => {
    opened.push(given[0]);
    return null;
  };
  onTestFinished(() => {
    window.open = open;
  });
  const wrong = failure('link-expired');
  const state = { kind: 'attention' as const, failure: wrong, choices: ['open-link' as const] };
  const engine = new EngineDouble({
    jobs: [
      sampleJob({ id: 'a', url: 'https://example.org/a.bin', state }),
      sampleJob({ id: 'b', url: 'javascript:alert(1)', host: 'b', state }),
    ],
    info: { can: { chooseFolder: false, openFiles: false, sleep: false } },
  });
  await openWindow(engine);
  await row('b.bin').getByRole('button', { name: 'Open link' }).click();
  await row('a.bin').getByRole('button', { name: 'Open link' }).click();
  await expect.poll(() => opened).toEqual(['https://example.org/a.bin']);
  expect(engine.callsOf('jobs.openLink')).toEqual([]);
});
