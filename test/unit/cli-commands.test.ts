/** The commands over a double of the engine: what they ask it, and what they print. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../electron/cli/index.ts';
import type { Shares } from '../../electron/engine/serve/index.ts';
import { failure, SluiceError, type FailureCode, type FailureParams } from '../../shared/failure.ts';
import type { AttentionChoice } from '../../shared/job.ts';
import { sampleShare } from '../component/share-samples.ts';
import { engineDouble, type EngineDouble } from './app-engine-double.ts';

let engine: EngineDouble;
vi.mock('../../electron/engine/index.ts', () => ({ openEngine: () => Promise.resolve(engine) }));

const home = mkdtempSync(join(tmpdir(), 'sluice-cli-commands-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  engine = engineDouble();
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly events: Record<string, unknown>[];
}
type Stdin = PassThrough & { isTTY?: boolean };

async function run(argv: readonly string[], stdin: Stdin = new PassThrough()): Promise<Result> {
  const written = { out: '', err: '' };
  const stream = (key: 'out' | 'err') => ({ write: (text: string) => (written[key] += text) });
  const close = () => Promise.resolve();
  const code = await runCli([...argv, '--home', home], {
    serve: () => Promise.resolve({ url: '', link: '', token: '', close }),
    rendererDir: '/none',
    cwd: '/work',
    stdin,
    stdout: stream('out'),
    stderr: stream('err'),
  });
  const events = written.out.split('\n').flatMap((line) => {
    return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [];
  });
  return { code, ...written, events };
}

function addJob(url = 'https://a.test/x.iso'): string {
  const [result] = engine.add([{ url, folder: '/dl' }]);
  if (!result?.ok) throw new Error('not added');
  return result.id;
}
function needsYou(code: FailureCode, choices: AttentionChoice[], params: FailureParams = {}): string {
  const id = addJob();
  engine.move(id, { kind: 'attention', failure: failure(code, { host: 'a.test', ...params }), choices });
  return id;
}
/** The double moves no bytes: what is queued is done at once. */
function finishQueued(): void {
  engine.subscribe(({ jobs }) => {
    for (const { id, state } of jobs) {
      if (state.kind !== 'queued') continue;
      queueMicrotask(() => engine.move(id, { kind: 'completed', at: 1, proof: 'size' }, { size: 10, done: 10 }));
    }
  });
}

describe('list', () => {
  it('shows for each job that needs attention the sentence and a command for each choice', async () => {
    const certificate = { subject: 'CN=a.test', issuer: 'CN=Me', fingerprint: 'AB:CD', reason: 'self-signed' };
    needsYou('certificate-untrusted', ['trust', 'new-link', 'login', 'change-folder', 'keep'], certificate);
    const { code, err, out } = await run(['list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^job-\s+needs you/);
    for (const word of Object.values(certificate)) expect(err).toContain(word);
    const commands = err.split('\n').flatMap((line) => /^ {2}(sluice .*?) {3}/.exec(line)?.[1]?.trim() ?? []);
    const prefix = `sluice decide --home ${home} job-`;
    expect(commands).toEqual([
      `${prefix} trust`,
      `${prefix} new-link --url URL`,
      `${prefix} login --user NAME`,
      `${prefix} change-folder --folder DIR`,
      `${prefix} keep`,
    ]);
  });

  it('tells the time that a job waits for, and its priority', async () => {
    const id = addJob();
    engine.setPriority([id], 'high');
    const until = Date.now() + 60_000;
    engine.move(id, { kind: 'waiting', reason: 'start-at', until, attempt: 1 });
    expect((await run(['list'])).out).toMatch(/waiting until \d\d:\d\d, high/);
  });
});

describe('decide', () => {
  const link = 'https://b.test/x.iso';
  it.each([
    ['trust', 'certificate-untrusted', [], {}],
    ['allow-http', 'insecure-redirect', [], {}],
    ['new-link', 'link-expired', ['--url', link], { url: link }],
    ['change-folder', 'disk-full', ['--folder', 'other'], { folder: '/work/other' }],
    ['start-over', 'changed', [], {}],
  ] as const)(
    '%s reaches the engine, and the command stays until the job is done',
    async (choice, code, flags, details) => {
      const id = needsYou(code, [choice]);
      finishQueued();
      const { code: exit, out } = await run(['decide', 'job-', choice, ...flags]);
      expect(exit).toBe(0);
      expect(engine.decisions).toEqual([{ id, choice, ...details }]);
      expect(out).toBe('/dl/x.iso\n');
    },
  );

  it('keep leaves it, and open-link prints the link where no browser can be opened', async () => {
    const id = needsYou('forbidden', ['keep', 'open-link']);
    expect((await run(['decide', id, 'keep'])).code).toBe(0);
    engine.move(id, { kind: 'attention', failure: failure('forbidden'), choices: ['open-link'] });
    expect((await run(['decide', id, 'open-link'])).out).toBe('https://a.test/x.iso\n');
  });

  it.each([
    [['new-link'], 'new-link needs --url.'],
    [['login'], 'login needs --user.'],
    [['change-folder'], 'change-folder needs --folder.'],
    [['retry', '--url', link], '--url does not belong to retry.'],
    [['retry', '--password-stdin'], '--password-stdin does not belong to retry.'],
    [['start-over'], 'For x.iso there is: retry.'],
    [['dance'], 'Allowed choices are retry'],
  ])('%j is refused, and nothing is decided', async (words, sentence) => {
    needsYou('disk-error', ['retry']);
    const { code, err } = await run(['decide', 'job-', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(engine.decisions).toEqual([]);
  });

  it('a job that needs nothing is told so', async () => {
    addJob();
    const { code, err } = await run(['decide', 'job-', 'retry']);
    expect(code).toBe(2);
    expect(err).toContain('cannot do this while it is queued');
  });
});

describe('a password', () => {
  const secret = 'pa55 wörd';
  it('is read from stdin, its line end taken off', async () => {
    const id = needsYou('login-needed', ['login']);
    finishQueued();
    const stdin = new PassThrough();
    stdin.end(`${secret}\n`);
    const { code, out, err } = await run(['decide', id, 'login', '--user', 'ada', '--password-stdin'], stdin);
    expect(code).toBe(0);
    expect(engine.decisions).toEqual([{ id, choice: 'login', username: 'ada', password: secret }]);
    expect(out + err).not.toContain(secret);
  });

  /** A terminal: what would be echoed goes to stderr or stdout, which `run` collects. */
  function terminal(): Stdin & { raw: boolean[] } {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, raw: [] as boolean[] });
    return Object.assign(stdin, { setRawMode: (on: boolean) => void stdin.raw.push(on) });
  }

  it('is asked on the terminal without echo', async () => {
    const id = needsYou('login-needed', ['login']);
    finishQueued();
    const stdin = terminal();
    stdin.write(`${secret}\r`);
    const { code, out, err } = await run(['decide', id, 'login', '--user', 'ada'], stdin);
    expect(code).toBe(0);
    expect(engine.decisions[0]).toMatchObject({ username: 'ada', password: secret });
    expect(err).toContain('Password of ada at a.test: ');
    expect(out + err).not.toContain('pa55');
    expect(stdin.raw).toEqual([true, false]);
  });

  it('Ctrl-C at the question decides nothing (130)', async () => {
    const id = needsYou('login-needed', ['login']);
    const stdin = terminal();
    stdin.write('pa\u0003');
    expect((await run(['decide', id, 'login', '--user', 'ada'], stdin)).code).toBe(130);
    expect(engine.decisions).toEqual([]);
    expect(engine.get(id).state.kind).toBe('attention');
  });

  it('without a terminal and without --password-stdin there is none (2)', async () => {
    const id = needsYou('login-needed', ['login']);
    const { code, err } = await run(['decide', id, 'login', '--user', 'ada']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--password-stdin') as string });
  });

  it('is no option: it would be seen in the list of processes', async () => {
    const { code, err } = await run(['decide', 'x', 'login', '--user', 'ada', '--password', secret]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('Unknown option') as string });
  });
});

describe('a new download that wants a person before the first byte', () => {
  it.each([
    ['certificate-untrusted', ['trust'], 'sluice decide --home'],
    ['login-needed', ['login'], 'login --user NAME'],
  ] as const)('%s: is kept, with the commands (4)', async (code, choices, command) => {
    engine.subscribe(({ jobs }) => {
      for (const { id, state } of jobs) {
        if (state.kind !== 'queued') continue;
        const failed = failure(code, { host: 'a.test', subject: 'CN=x', fingerprint: 'AB:CD' });
        queueMicrotask(() => engine.move(id, { kind: 'attention', failure: failed, choices: [...choices] }));
      }
    });
    const { code: exit, err } = await run(['get', 'https://a.test/x.iso']);
    expect(exit).toBe(4);
    expect(err).toContain(failure(code, { host: 'a.test', subject: 'CN=x', fingerprint: 'AB:CD' }).message);
    expect(err).toContain(command);
    expect(engine.list().map(({ state }) => state.kind)).toEqual(['attention']);
  });
});

describe('priority', () => {
  it('takes several ids, then the level', async () => {
    const ids = [addJob(), addJob('https://a.test/y.iso')];
    expect((await run(['priority', ...ids, 'low'])).code).toBe(0);
    expect(engine.list().map((job) => job.priority)).toEqual(['low', 'low']);
  });
  it.each([[['x', 'urgent']], [['high']]])('%j is refused', async (words) => {
    expect(await run(['priority', ...words])).toMatchObject({
      code: 2,
      err: expect.stringContaining('high, normal, low') as string,
    });
  });
});

describe('limit', () => {
  it('is for all jobs, for a host, or for jobs; “none” lifts each', async () => {
    const id = addJob();
    await run(['limit', '2M']);
    await run(['limit', '500K', '--host', 'A.test']);
    await run(['limit', '1M', '--host', 'b.test']);
    await run(['limit', '100K', id]);
    expect(engine.settings()).toMatchObject({
      limit: 2_000_000,
      hostLimits: { 'a.test': 500_000, 'b.test': 1_000_000 },
    });
    expect(engine.get(id).limit).toBe(100_000);
    await run(['limit', 'none']);
    await run(['limit', 'none', '--host', 'a.test']);
    await run(['limit', 'none', id]);
    expect(engine.settings()).toMatchObject({ limit: null, hostLimits: { 'b.test': 1_000_000 } });
    expect(engine.get(id).limit).toBeNull();
  });
  it.each([[['fast']], [['0']], [['1M', '--host', 'a.test', 'x']], [['1M', 'nothere']]])(
    '%j is refused',
    async (words) => {
      expect((await run(['limit', ...words])).code).toBe(2);
      expect(engine.settings()).toMatchObject({ limit: null, hostLimits: {} });
    },
  );
});

describe('schedule', () => {
  it('windows are added, shown and cleared', async () => {
    await run(['schedule', 'add', '--days', 'mon-fri', '--from', '8:00', '--to', '18:00', '--limit', '2M']);
    const { out } = await run(['schedule', 'add', '--from', '22:00', '--to', '06:00', '--limit', 'pause']);
    expect(engine.settings().schedule).toEqual([
      { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', limit: 2_000_000 },
      { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '06:00', limit: 0 },
    ]);
    expect(out.split('\n').slice(0, 2)).toEqual([
      'mon-fri      08:00 to 18:00  at most 2 MB/s',
      'daily        22:00 to 06:00  nothing runs',
    ]);
    expect((await run(['schedule', '--json'])).events).toHaveLength(2);
    await run(['schedule', 'clear']);
    expect(engine.settings().schedule).toEqual([]);
  });
  it.each([
    [['add', '--from', '22:00', '--to', '06:00'], 'add needs --from, --to and --limit'],
    [['add', '--from', '25:00', '--to', '06:00', '--limit', '1M'], '“25:00” is not a time of the day'],
    [['add', '--from', '22:00', '--to', '06:00', '--limit', 'slow'], '“slow” is not a speed'],
    [['clear', '--from', '22:00'], 'belong to “schedule add”'],
    [['drop'], 'Allowed choices are show, add, clear'],
  ])('%j is refused', async (words, sentence) => {
    expect(await run(['schedule', ...words])).toMatchObject({
      code: 2,
      err: expect.stringContaining(sentence) as string,
    });
    expect(engine.settings().schedule).toEqual([]);
  });
});

describe('share', () => {
  it('asks for what was said', async () => {
    const add = vi.fn<Shares['add']>(() =>
      Promise.reject(new SluiceError('cannot-share', { path: '/x', detail: 'no' })),
    );
    Object.assign(engine, { shares: { add } });
    const began = Date.now();
    const flags = ['--network', '--expires', '2h', '--deliveries', '3', '--limit', '2M', '--name', 'Tools'];
    const stdin = new PassThrough();
    stdin.end('word\n');
    const { code } = await run(
      ['share', home, ...flags, '--upload', '--hidden', '--attachment', '--password-stdin'],
      stdin,
    );
    expect(code).toBe(2);
    const [request] = add.mock.calls[0] ?? [];
    expect(request).toMatchObject({
      target: { kind: 'folder', path: home, hidden: true, uploads: true, uploadQuota: null },
      options: { audience: 'network', deliveries: 3, limit: 2_000_000, name: 'Tools', disposition: 'attachment' },
      password: 'word',
    });
    const ends = (request?.options.expiresAt ?? 0) - began;
    expect(ends).toBeGreaterThanOrEqual(7_200_000);
    expect(ends).toBeLessThan(7_200_000 + 60_000);
  });
});

describe('shares', () => {
  it.each([
    ['--network', 'network', 'http://192.168.1.24:1/s/x/\n'],
    ['--no-network', 'this-computer', 'http://127.0.0.1:1/s/x/\n'],
  ])('are opened to the network and closed again (%s)', async (flag, audience, printed) => {
    const share = sampleShare({ id: 'abcd', links: [] });
    const change = vi.fn<Shares['change']>((_id, options) => {
      const host = options.audience === 'network' ? '192.168.1.24' : '127.0.0.1';
      return Promise.resolve({ ...share, links: [`http://${host}:1/s/x/`] });
    });
    Object.assign(engine, { shares: { list: () => [share], change } });
    expect(await run(['shares', 'change', 'abcd', flag])).toMatchObject({ code: 0, out: printed });
    expect(change).toHaveBeenCalledWith('abcd', { audience }, undefined);
  });
});

describe('settings', () => {
  it('are shown as they are set', async () => {
    const pairs = [
      'folder=files',
      'maxActive=5',
      'connections=auto',
      'limit=3M',
      'theme=dark',
      'notifications=off',
      'shareHttps=on',
    ];
    const { code, out } = await run(['settings', 'set', ...pairs]);
    expect(code).toBe(0);
    expect(engine.settings()).toMatchObject({
      folder: '/work/files',
      maxActive: 5,
      connections: null,
      limit: 3_000_000,
      theme: 'dark',
      notifications: false,
      shareHttps: true,
    });
    const again = await run(['settings', 'set', ...out.split('\n').filter((line) => /^\w+=/.test(line))]);
    expect(again).toMatchObject({ code: 0, out });
    expect((await run(['settings', '--json'])).events[0]).toMatchObject({ event: 'settings', maxActive: 5 });
  });
  it.each([
    [['set'], 'KEY=VALUE'],
    [['show', 'limit=1M'], 'settings set'],
    [['set', 'limit'], 'is not a setting'],
    [['set', 'colour=red'], 'is not a setting'],
    [['set', 'maxActive=0'], 'is not a number from 1 to 100'],
    [['set', 'theme=red'], 'is not one of: system, light, dark'],
    [['set', 'limit=fast'], 'is not a speed'],
    [['set', 'whenDone=sleep'], 'Start the app or a host first'],
  ])('%j is refused, and nothing changes', async (words, sentence) => {
    const before = engine.settings();
    expect(await run(['settings', ...words])).toMatchObject({
      code: 2,
      err: expect.stringContaining(sentence) as string,
    });
    expect(engine.settings()).toEqual(before);
  });
});

it('get hands mirrors, start time, priority and the automatic checksum on', async () => {
  finishQueued();
  const add = vi.spyOn(engine, 'add');
  const flags = ['--mirror', 'https://m.test/x', '--mirror', 'https://n.test/x', '--priority', 'high'];
  const { code } = await run([
    'get',
    'https://a.test/x.iso',
    ...flags,
    '--checksum',
    'auto',
    '--start-at',
    '2126-01-01',
  ]);
  expect(code).toBe(0);
  expect(add.mock.calls[0]?.[0]).toEqual([
    {
      url: 'https://a.test/x.iso',
      folder: '/work',
      mirrors: ['https://m.test/x', 'https://n.test/x'],
      priority: 'high',
      checksum: 'auto',
      startAt: new Date(2126, 0, 1).getTime(),
    },
  ]);
});
