import { expect, it } from 'vitest';
import { exitCodes, runCli } from '../../electron/cli/index.ts';
import { exitCodeOf, worst } from '../../electron/cli/exit-codes.ts';
import { failureCodes } from '../../shared/failure.ts';

async function run(...argv: string[]) {
  const written = { out: '', err: '' };
  const stream = (key: 'out' | 'err') => ({ write: (text: string) => (written[key] += text) });
  const code = await runCli(argv, {
    serve: () => Promise.reject(new Error('nothing may start')),
    rendererDir: '/none',
    stdout: stream('out'),
    stderr: stream('err'),
  });
  return { code, ...written };
}

it.each([
  [['get'], 'Missing required argument'],
  [['bogus'], 'Unknown command'],
  [['get', 'https://a.test/x', '--bogus'], 'Unknown option'],
  [['get', 'https://a.test/x', '--conections', '4'], 'Did you mean --connections?'],
  [['get', 'https://a.test/x', '-o'], 'argument missing'],
  [['pause'], 'Say which jobs: their ids, or --all.'],
  [['resume', 'abcd', '--all'], 'Ids and --all do not go together.'],
  [['list', 'extra'], 'Too many arguments'],
  [['host', '--home', '/none/sluice', '--port', '70000'], '“70000” is not a port'],
])('%j: one sentence on stderr, exit 2', async (argv, sentence) => {
  const { code, out, err } = await run(...argv);
  expect({ code, out }).toEqual({ code: exitCodes.usage, out: '' });
  expect(err).toContain(sentence);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});

it('no command: what there is, on stderr; with --json an object', async () => {
  const { code, out, err } = await run();
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^Usage: sluice/);
  expect(err).not.toContain('outputHelp');
  const { out: json } = await run('--json');
  expect(JSON.parse(json)).toMatchObject({ event: 'error', code: 'bad-input' });
});

it('with --json a usage error is an object', async () => {
  const { code, out, err } = await run('get', '--json');
  expect({ code, err }).toEqual({ code: 2, err: '' });
  expect(JSON.parse(out)).toMatchObject({ event: 'error', code: 'bad-input' });
});

it('help and version are no errors', async () => {
  expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  const help = await run('--help');
  expect(help.code).toBe(0);
  for (const name of ['get', 'host', 'list', 'pause', 'resume', 'retry', 'cancel', 'remove', 'quit']) {
    expect(help.out).toContain(`  ${name} `);
  }
});

it('every failure has an exit code, and the worst of several is the lowest', () => {
  for (const code of failureCodes) expect([1, 2, 3, 5]).toContain(exitCodeOf(code));
  expect(exitCodeOf('not-found')).toBe(3);
  expect(exitCodeOf('store-in-use')).toBe(5);
  expect(worst([0, 4, 3, 0])).toBe(3);
  expect(worst([0, 0])).toBe(0);
});
