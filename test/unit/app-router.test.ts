import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createLog,
  createRouter,
  failureOf,
  type App,
  type Client,
  type Log,
  type Ports,
} from '../../electron/app/index.ts';
import { engineDouble, type EngineDouble } from './app-engine-double.ts';

let engine: EngineDouble;
let logged: string[];
const noPorts: Ports = { choosePath: null, opener: null, power: null, quit: () => {} };

function client(ports: Partial<Ports> = {}, log?: Log): Client {
  const app: App = {
    engine,
    face: 'host',
    version: '1.2.3',
    home: '/home',
    ports: { ...noPorts, ...ports },
    log: log ?? { info: () => {}, error: (text, error) => void logged.push(`${text}: ${String(error)}`) },
  };
  return createRouterClient(createRouter(app));
}
const failureFrom = async (call: Promise<unknown>) =>
  failureOf(await call.then(() => expect.fail('it should have failed')).catch((error: unknown) => error));

beforeEach(() => {
  engine = engineDouble();
  logged = [];
});

describe('failures cross the contract', () => {
  it('an expected failure keeps its code, sentence and parameters, and is not logged', async () => {
    expect(await failureFrom(client().jobs.get({ id: 'none' }))).toMatchObject({
      code: 'unknown-job',
      message: expect.stringContaining('There is no job “none”.') as string,
      params: { id: 'none' },
    });
    expect(logged).toEqual([]);
  });

  it('a bug is logged with its cause and sent as “internal” without it', async () => {
    engine.list = () => {
      throw new TypeError('secret detail at /home/someone/file.ts');
    };
    const failure = await failureFrom(client().jobs.list());
    expect(failure.code).toBe('internal');
    expect(JSON.stringify(failure)).not.toContain('secret detail');
    expect(logged.join()).toContain('secret detail');
  });

  it('an input that does not fit the contract is named', async () => {
    const call = client().jobs.setLimit({ id: 'x', limit: -1 });
    expect(await failureFrom(call)).toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^limit: /) as string,
    });
  });

  it('an error within an event stream crosses too', async () => {
    const events = await client().jobs.detail({ id: 'none' });
    expect(await failureFrom(events.next())).toMatchObject({ code: 'unknown-job' });
  });
});

describe('what a face cannot do', () => {
  it('is told by system.info, and refused with what to do instead', async () => {
    const { can, face, version } = await client().system.info();
    expect({ can, face, version }).toEqual({
      can: { chooseFolder: false, openFiles: false, sleep: false },
      face: 'host',
      version: '1.2.3',
    });
    expect(await failureFrom(client().folders.choose({}))).toMatchObject({ code: 'not-here' });
    expect(await failureFrom(client().files.choose({}))).toMatchObject({
      code: 'not-here',
      message: expect.stringContaining('Type the path of the file.') as string,
    });
    await client().jobs.add({ downloads: [{ url: 'https://a.test/x' }] });
    expect(await failureFrom(client().jobs.reveal({ id: engine.list()[0]!.id }))).toMatchObject({ code: 'not-here' });
  });
});

describe('after the last job', () => {
  it.each(['sleep', 'shut-down'] as const)(
    '%s is refused where the face has no power over the computer',
    async (whenDone) => {
      expect(await failureFrom(client().settings.set({ whenDone }))).toMatchObject({ code: 'not-here' });
      expect(engine.settings().whenDone).toBe('nothing');
      const power = () => Promise.resolve();
      expect((await client({ power }).system.info()).can.sleep).toBe(true);
      expect(await client({ power }).settings.set({ whenDone })).toMatchObject({ whenDone });
    },
  );

  it('quit is for every face', async () => {
    expect(await client().settings.set({ whenDone: 'quit' })).toMatchObject({ whenDone: 'quit' });
  });
});

describe('a decision', () => {
  async function job(): Promise<string> {
    const [result] = await client().jobs.add({ downloads: [{ url: 'https://a.test/x' }] });
    if (!result?.ok) throw new Error('not added');
    return result.id;
  }

  it('reaches the engine with what it needs', async () => {
    const id = await job();
    await client().jobs.decide({ id, choice: 'login', username: 'ada', password: 'pa55' });
    await client().jobs.decide({ id, choice: 'new-link', url: 'https://b.test/x' });
    expect(engine.decisions).toEqual([
      { id, choice: 'login', username: 'ada', password: 'pa55' },
      { id, choice: 'new-link', url: 'https://b.test/x' },
    ]);
  });

  it('that breaks leaves its password in no log and in no answer', async () => {
    const id = await job();
    const home = mkdtempSync(join(tmpdir(), 'sluice-router-'));
    try {
      engine.decide = (_id, choice, details) => {
        throw Object.assign(new Error('the engine broke'), { input: { choice, ...details } });
      };
      const secrets = { username: 'ada', password: `h'unt"er2` };
      const failure = await failureFrom(client({}, createLog(home)).jobs.decide({ id, choice: 'login', ...secrets }));
      const tooLong = { id, choice: 'login' as const, username: 'ada', password: 'hunter2'.repeat(1000) };
      const refused = await failureFrom(client({}, createLog(home)).jobs.decide(tooLong));
      const log = readFileSync(join(home, 'log/sluice.log'), 'utf8');
      expect(log).toContain('the engine broke');
      expect(JSON.stringify([failure, refused, log])).not.toMatch(/unt.{0,3}er2/);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('on priority and start time reaches the jobs named', async () => {
    const id = await job();
    await client().jobs.setPriority({ ids: [id], priority: 'high' });
    await client().jobs.setStartAt({ ids: [id], startAt: 5000 });
    expect(engine.get(id)).toMatchObject({ priority: 'high', startAt: 5000 });
  });
});

describe('files and links are handed to other programs', () => {
  const mock = () => vi.fn<(target: string) => Promise<void>>();
  const opener = { open: mock(), reveal: mock(), openLink: mock() };
  beforeEach(() => vi.resetAllMocks());

  async function job(url: string): Promise<string> {
    const [result] = await client().jobs.add({ downloads: [{ url }] });
    if (!result?.ok) throw new Error('not added');
    return result.id;
  }

  it('only a finished file is opened', async () => {
    const id = await job('https://a.test/x.iso');
    expect(await failureFrom(client({ opener }).jobs.open({ id }))).toMatchObject({ code: 'not-in-this-state' });
    expect(opener.open).not.toHaveBeenCalled();
    engine.move(id, { kind: 'completed', at: 1, proof: 'size' });
    await client({ opener }).jobs.open({ id });
    expect(opener.open).toHaveBeenCalledWith('/downloads/x.iso');
  });

  it.each(['file:///etc/passwd', 'javascript:alert(1)', 'ms-settings:x'])('%s never reaches a browser', async (url) => {
    const id = await job(url);
    expect(await failureFrom(client({ opener }).jobs.openLink({ id }))).toMatchObject({ code: 'unsupported-scheme' });
    expect(opener.openLink).not.toHaveBeenCalled();
  });

  it('an https link does', async () => {
    const id = await job('https://a.test/login');
    await client({ opener }).jobs.openLink({ id });
    expect(opener.openLink).toHaveBeenCalledWith('https://a.test/login');
  });
});

it('quit is answered before the process ends', async () => {
  const quit = vi.fn<() => void>();
  await client({ quit }).system.quit();
  expect(quit).not.toHaveBeenCalled();
  await new Promise(setImmediate);
  expect(quit).toHaveBeenCalledOnce();
});
