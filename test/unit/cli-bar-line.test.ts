import { expect, it } from 'vitest';
import { barLine } from '../../electron/cli/bar-line.ts';

const text = ' 42 %  120.5 of 480.0 MB  112.3 MB/s  3 min 20 s left';
const long = 'a-name-that-is-longer-than-a-terminal-is-wide.tar.gz';

it.each([200, 110, 95, 80, 68])('in %d columns every figure is there, and nothing runs over the edge', (columns) => {
  const line = barLine(long, 0.5, text, columns);
  expect(line).toContain(text);
  expect(line).toContain('tar.gz');
  expect(line.length).toBeLessThanOrEqual(columns);
});

it('the bar gives way before the name does, and half of it is full at the half', () => {
  expect(barLine('x.iso', 0.5, text, 120)).toContain(`${'█'.repeat(12)}${'░'.repeat(12)}`);
  expect(barLine('x.iso', 0.5, text, 80)).not.toMatch(/[█░]/);
  expect(barLine('x.iso', null, text, 120)).not.toMatch(/[█░]/);
});

it('lines of several jobs stay in step', () => {
  expect(barLine('x.iso', 0.1, 'queued', 90).indexOf('queued')).toBe(barLine(long, 0.9, text, 90).indexOf(text));
});
