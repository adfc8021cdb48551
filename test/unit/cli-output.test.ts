import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { createOutput } from '../../electron/cli/output.ts';
import { watchForLoss } from '../../electron/cli/output-loss.ts';
import { failure } from '../../shared/failure.ts';

function outputs(json: boolean) {
  const written = { out: '', err: '' };
  const stream = (key: 'out' | 'err') => ({ write: (text: string) => (written[key] += text) });
  return { written, output: createOutput(stream('out'), stream('err'), json) };
}

it('results go to stdout, remarks and failures to stderr', () => {
  const { written, output } = outputs(false);
  output.result('/dl/x.iso');
  output.note('going on');
  output.event({ event: 'x' });
  output.fail(failure('not-a-url', { text: 'nope' }));
  expect(written).toEqual({
    out: '/dl/x.iso\n',
    err: 'going on\nsluice: “nope” is not a link. Paste a whole link that begins with https:// or http://.\n',
  });
});

it('with --json there is one object a line on stdout, and nothing else', () => {
  const { written, output } = outputs(true);
  output.result('/dl/x.iso');
  output.note('going on');
  output.event({ event: 'x', text: 'two\nlines' });
  output.fail(failure('not-a-url', { text: 'nope' }), { url: 'nope' });
  const lines = written.out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { event: 'x', text: 'two\nlines' },
    expect.objectContaining({ event: 'error', url: 'nope', code: 'not-a-url' }),
  ]);
  expect(written.err).toBe('');
});

it('what a server calls a file cannot move the cursor, ring, or turn the text around', () => {
  const { written, output } = outputs(false);
  output.result('a\u001b[2J\u001b]0;owned\u0007\rb\u202egpj.exe\u009b1A');
  expect(written.out).toBe('a�[2J�]0;owned��b�gpj.exe�1A\n');
});

it.each([
  ['EPIPE', null],
  ['ENOSPC', 'disk-error'],
])('stdout that breaks ends the command (%s), which failed where somebody still wanted it', (code, failed) => {
  const stream = () => Object.assign(new EventEmitter(), { write: () => true });
  const [stdout, stderr] = [stream(), stream()];
  let ended = false;
  const loss = watchForLoss(stdout, stderr, () => (ended = true));
  stderr.emit('error', Object.assign(new Error('write'), { code: 'EPIPE' }));
  expect(ended).toBe(false);
  stdout.emit('error', Object.assign(new Error('write'), { code }));
  expect([ended, loss.error?.code ?? null]).toEqual([true, failed]);
});
