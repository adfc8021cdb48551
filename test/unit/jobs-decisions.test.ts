import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { choicesFor } from '../../electron/engine/jobs/attention.ts';
import { failure, type FailureCode, type FailureParams, SluiceError } from '../../shared/failure.ts';
import type { Ranges } from '../../shared/job.ts';
import { createWorld, journal, until, type World } from './jobs-world.ts';
import { asDownload } from '../tools/as-download.ts';

let world: World;
let keeper: Map<string, string>;
beforeEach(() => {
  keeper = new Map();
  const secrets = {
    get: (key: string) => keeper.get(key) ?? null,
    set: (key: string, value: string) => void keeper.set(key, value),
    delete: (key: string) => void keeper.delete(key),
  };
  world = createWorld({ secrets });
});
afterEach(() => world.close());

const OLD = 'https://example.com/old.bin?token=1';
const NEW = 'https://other.example/new.bin?token=2';
const part = (name = 'a.bin') => join(world.files, `${name}.sluice`);

interface Stuck {
  readonly committed?: Ranges;
  readonly url?: string;
  readonly params?: FailureParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A job with bytes on the disk (or none) that needs a decision. */
async function stuck(
  code: FailureCode,
  { committed = [[0, 400]], url = OLD, params = {}, headers = {} }: Stuck = {},
): Promise<string> {
  const id = world.add({ url, headers });
  await world.downloads.running(id);
  writeFileSync(part(), 'x'.repeat(400));
  world.downloads.tell(id, { kind: 'started', journal: journal('a.bin', 1000) });
  if (committed.length > 0) world.downloads.tell(id, { kind: 'committed', journal: journal('a.bin', 1000, committed) });
  world.downloads.end(id, { kind: 'attention', failure: failure(code, params) });
  return id;
}

async function restart(): Promise<void> {
  await world.jobs.close();
  world.reopen();
}

const codeOf = (id: string) => {
  const { state } = world.jobs.get(id);
  return state.kind === 'attention' ? state.failure.code : state.kind;
};

describe('a new link', () => {
  test('goes on with the bytes, and has to prove them by size and by themselves', async () => {
    const id = await stuck('link-expired');
    await world.jobs.decide(id, 'new-link', { url: ` ${NEW} ` });
    const run = await world.downloads.running(id);
    expect(run.spec.url).toBe(NEW);
    expect(run.resume).toMatchObject({
      committed: [[0, 400]],
      resumability: 'size-only',
      identity: { size: 1000, etag: null, lastModified: null },
    });
    expect(world.jobs.get(id)).toMatchObject({ url: NEW, host: 'other.example', done: 400 });
    world.downloads.end(id, { kind: 'completed', name: 'a.bin', size: 1000, proof: 'size' });
    expect(world.state(id)).toBe('completed');
  });

  test('to another file: the old link and its bytes are back, and the person is asked', async () => {
    const id = await stuck('link-expired');
    await world.jobs.decide(id, 'new-link', { url: NEW });
    const run = await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: run.resume! });
    const further: Ranges = [
      [0, 400],
      [600, 700],
    ];
    world.downloads.tell(id, { kind: 'committed', journal: { ...run.resume!, committed: further } });
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'other bytes' }) });
    expect(world.jobs.get(id)).toMatchObject({
      url: OLD,
      // What the new link gave is not believed.
      ranges: [[0, 400]],
      resumability: 'strong-etag',
      state: {
        failure: { code: 'other-file', params: { detail: 'other bytes' } },
        choices: ['new-link', 'start-over', 'keep'],
      },
    });
    await world.jobs.decide(id, 'keep');
    world.jobs.resume([id]);
    expect((await world.downloads.running(id)).resume).toEqual(journal('a.bin', 1000, [[0, 400]]));
  });

  test('the way back survives a restart', async () => {
    const id = await stuck('forbidden');
    await world.jobs.decide(id, 'new-link', { url: NEW });
    await world.downloads.running(id);
    await restart();
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    expect([asDownload(world.jobs.get(id)).url, codeOf(id)]).toEqual([OLD, 'other-file']);
  });

  test('a second new link after one that failed still leads back to the first', async () => {
    const id = await stuck('link-expired');
    await world.jobs.decide(id, 'new-link', { url: NEW });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('forbidden') });
    await world.jobs.decide(id, 'new-link', { url: 'https://third.example/x' });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    expect(asDownload(world.jobs.get(id)).url).toBe(OLD);
  });

  test('start over after another file means that file', async () => {
    const id = await stuck('link-expired');
    await world.jobs.decide(id, 'new-link', { url: NEW });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    await world.jobs.decide(id, 'start-over');
    const run = await world.downloads.running(id);
    expect([run.spec.url, run.resume]).toEqual([NEW, null]);
    expect(readdirSync(world.files)).toEqual([]);
  });

  test('whose server sends all again leaves no bytes to go back to', async () => {
    const id = await stuck('link-expired');
    await world.jobs.decide(id, 'new-link', { url: NEW });
    const run = await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: { ...run.resume!, committed: [] } });
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    expect([asDownload(world.jobs.get(id)).url, codeOf(id), world.jobs.get(id).done]).toEqual([NEW, 'changed', 0]);
  });

  test('before anything began just replaces the old one', async () => {
    const id = await stuck('link-expired', { committed: [] });
    await world.jobs.decide(id, 'new-link', { url: NEW });
    const run = await world.downloads.running(id);
    expect([run.spec.url, run.resume]).toEqual([NEW, null]);
    expect(readdirSync(world.files)).toEqual([]);
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    expect([asDownload(world.jobs.get(id)).url, codeOf(id)]).toEqual([NEW, 'changed']);
  });

  test.each([[undefined], ['  '], ['no link'], ['ftp://example.com/x']])(
    '%j is none, and changes nothing',
    async (url) => {
      const id = await stuck('link-expired');
      await expect(world.jobs.decide(id, 'new-link', { url })).rejects.toBeInstanceOf(SluiceError);
      expect([asDownload(world.jobs.get(id)).url, codeOf(id)]).toEqual([OLD, 'link-expired']);
    },
  );

  test('at another host gets no credentials of the old one; its own stay out of the job', async () => {
    const id = await stuck('link-expired', { headers: { Cookie: 'session=hush', Referer: 'https://r.example/' } });
    await world.jobs.decide(id, 'new-link', { url: 'https://you:quiet@other.example/new.bin' });
    const run = await world.downloads.running(id);
    expect(run.spec.url).toBe('https://you:quiet@other.example/new.bin');
    expect(run.spec.headers).toEqual({ Referer: 'https://r.example/' });
    expect(asDownload(world.jobs.get(id)).url).toBe('https://other.example/new.bin');
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'x' }) });
    await world.jobs.decide(id, 'keep');
    world.jobs.resume([id]);
    expect((await world.downloads.running(id)).spec.headers).toMatchObject({ Cookie: 'session=hush' });
    await restart();
    expect(storeText()).not.toMatch(/hush|quiet/);
  });
});

const storeText = () =>
  readdirSync(world.home)
    .filter((name) => name.startsWith('store'))
    .map((name) => readFileSync(join(world.home, name), 'latin1'))
    .join('');

describe('a login', () => {
  test('is asked for by a new download too, sent, kept as a secret, and never shown or stored', async () => {
    const id = world.add({ url: OLD });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'failed', failure: failure('login-needed', { host: 'example.com', status: 401 }) });
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'attention', choices: choicesFor('login-needed') });
    await world.jobs.decide(id, 'login', { username: 'me', password: 'hüsh:1' });
    const run = await world.downloads.running(id);
    const basic = `Basic ${Buffer.from('me:hüsh:1').toString('base64')}`;
    expect(run.spec.headers).toEqual({ Authorization: basic });
    world.downloads.tell(id, { kind: 'activity', level: 'info', text: `sent ${basic}` });
    expect(JSON.stringify([world.jobs.list(), world.jobs.detail(id)])).not.toContain(basic.slice(6));
    await restart();
    expect((await world.downloads.running(id)).spec.headers).toEqual({ Authorization: basic });
    expect(storeText()).not.toContain(basic.slice(6));
    expect(keeper.size).toBe(1);
  });

  test.each([
    ['https://trap.example/a', 'https://bank.example'],
    ['http://bank.example/a', 'https://bank.example'],
    ['https://bank.example:444/a', 'https://bank.example'],
  ])('is not given to %s, which only redirected to the one that asks', async (url, origin) => {
    const id = world.add({ url });
    await world.downloads.running(id);
    world.downloads.end(id, {
      kind: 'failed',
      failure: failure('login-needed', { host: 'bank.example', origin, status: 401 }),
    });
    const { state } = world.jobs.get(id);
    expect(state.kind === 'attention' && state.choices).toEqual(['new-link', 'open-link', 'retry', 'keep']);
    await expect(world.jobs.decide(id, 'login', { username: 'me', password: 'x' })).rejects.toMatchObject({
      code: 'not-in-this-state',
    });
    expect(keeper.size).toBe(0);
  });

  test('takes the place of the credentials that were refused, beside other fields', async () => {
    const id = await stuck('login-needed', { url: 'https://me:old@example.com/a', headers: { Cookie: 'a=1' } });
    await world.jobs.decide(id, 'login', { username: 'me', password: 'new' });
    const { headers } = (await world.downloads.running(id)).spec;
    expect(headers).toEqual({ Cookie: 'a=1', Authorization: `Basic ${btoa('me:new')}` });
  });

  test('for a new link at another host keeps the old host’s fields out of it', async () => {
    const id = await stuck('link-expired', { headers: { Cookie: 'a=1' } });
    await world.jobs.decide(id, 'new-link', { url: NEW });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('login-needed') });
    await world.jobs.decide(id, 'login', { username: 'me', password: 'x' });
    expect((await world.downloads.running(id)).spec.headers).toEqual({ Authorization: `Basic ${btoa('me:x')}` });
  });

  test.each([[{}], [{ username: 'a:b', password: 'x' }], [{ username: 'a\r\nX: y', password: 'x' }]])(
    '%j is none, and changes nothing',
    async (details) => {
      const id = await stuck('login-needed');
      await expect(world.jobs.decide(id, 'login', details)).rejects.toMatchObject({ code: 'bad-input' });
      expect([codeOf(id), keeper.size]).toEqual(['login-needed', 0]);
    },
  );
});

describe('a certificate', () => {
  const params = { host: 'example.com', fingerprint: 'AB:CD' };

  test('is allowed for its host, now and at each start', async () => {
    const id = world.add({ url: OLD });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'failed', failure: failure('certificate-untrusted', params) });
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'attention', choices: ['trust', 'retry'] });
    expect(world.downloads.trusted).toEqual({});
    await world.jobs.decide(id, 'trust');
    expect(world.downloads.trusted).toEqual({ 'example.com': 'AB:CD' });
    await world.downloads.running(id);
    await restart();
    expect(world.downloads.trusted).toEqual({ 'example.com': 'AB:CD' });
  });

  test('that was not shown cannot be allowed', async () => {
    const id = await stuck('certificate-untrusted', { params: { host: 'example.com', fingerprint: '' } });
    await expect(world.jobs.decide(id, 'trust')).rejects.toMatchObject({ code: 'bad-input' });
    const other = await stuck('changed', { params });
    await expect(world.jobs.decide(other, 'trust')).rejects.toMatchObject({ code: 'not-in-this-state' });
    expect(world.downloads.trusted).toEqual({});
  });
});

describe('plain http', () => {
  const params = { host: 'example.com', to: 'cdn.example.net' };

  test('is allowed for the one download, on from where it was, and after a restart', async () => {
    const id = await stuck('insecure-redirect', { params });
    expect(world.jobs.get(id).state).toMatchObject({
      choices: ['new-link', 'allow-http', 'open-link', 'retry', 'keep'],
    });
    await world.jobs.decide(id, 'allow-http');
    const { resume, spec } = await world.downloads.running(id);
    expect(spec.plainHttp).toEqual(['example.com']);
    expect(resume?.committed).toEqual([[0, 400]]);
    await restart();
    expect((await world.downloads.running(id)).spec.plainHttp).toEqual(['example.com']);
    const other = world.add({ url: OLD });
    expect((await world.downloads.running(other)).spec.plainHttp).toEqual([]);
  });

  test('is asked about before anything began too, and each host is its own question', async () => {
    const id = world.add({ url: OLD });
    await world.downloads.running(id);
    for (const host of ['example.com', 'cdn.example.net']) {
      world.downloads.end(id, { kind: 'failed', failure: failure('insecure-redirect', { host }) });
      expect(codeOf(id)).toBe('insecure-redirect');
      await world.jobs.decide(id, 'allow-http');
      await world.downloads.running(id);
    }
    expect((await world.downloads.running(id)).spec.plainHttp).toEqual(['example.com', 'cdn.example.net']);
  });

  test('cannot be allowed where nobody asked', async () => {
    const id = await stuck('changed', { params });
    await expect(world.jobs.decide(id, 'allow-http')).rejects.toMatchObject({ code: 'not-in-this-state' });
    await world.jobs.decide(id, 'start-over');
    expect((await world.downloads.running(id)).spec.plainHttp).toEqual([]);
  });
});

test('opening the link changes nothing', async () => {
  const id = await stuck('captive-page');
  const before = world.jobs.get(id);
  await world.jobs.decide(id, 'open-link');
  expect(world.jobs.get(id)).toEqual(before);
});

test('every choice of every failure can be carried out', async () => {
  const details = { folder: join(world.home, '..', 'else'), url: NEW, username: 'a', password: 'b' };
  const params = { host: 'example.com', fingerprint: 'AB' };
  const codes = [
    'changed',
    'other-file',
    'login-needed',
    'certificate-untrusted',
    'insecure-redirect',
    'disk-full',
  ] as const;
  for (const code of codes) {
    for (const choice of choicesFor(code)) {
      const id = await stuck(code, { params });
      await world.jobs.decide(id, choice, details);
      const after = choice === 'keep' ? 'paused' : choice === 'open-link' ? 'attention' : 'starting';
      await until(() => world.state(id) !== 'queued');
      expect([code, choice, world.state(id)]).toEqual([code, choice, after]);
      await world.jobs.remove([id], true);
    }
  }
});

test('credentials of an earlier session that nobody kept are asked for', async () => {
  const id = world.add({ url: 'https://me:hush@example.com/a' });
  await world.downloads.running(id);
  await world.jobs.close();
  keeper.clear();
  world.reopen();
  await until(() => world.state(id) === 'attention');
  expect(world.jobs.get(id).state).toMatchObject({
    failure: { code: 'credentials-missing' },
    choices: ['login', 'new-link', 'keep'],
  });
  await world.jobs.decide(id, 'login', { username: 'me', password: 'hush' });
  expect((await world.downloads.running(id)).spec.headers).toEqual({ Authorization: `Basic ${btoa('me:hush')}` });
});
