import { expect, it } from 'vitest';
import { resolveId, shortId } from '../../electron/cli/job-ids.ts';

const all = ['abcdef12', 'abcdxy34', 'zzzz9999'];

it('an id is shown as short as it is known by', () => {
  expect(all.map((id) => shortId(id, all))).toEqual(['abcde', 'abcdx', 'zzzz']);
});

it('any beginning that only one job has is an id', () => {
  expect(resolveId('z', all)).toBe('zzzz9999');
  expect(resolveId('abcdx', all)).toBe('abcdxy34');
  expect(resolveId('abcdef12', [...all, 'abcdef123'])).toBe('abcdef12');
});

it.each([
  ['abcd', '2 jobs begin with “abcd”: type more of the id.'],
  ['q', 'There is no job “q”.'],
  ['', 'There is no job “”.'],
])('“%s” is no id', (typed, sentence) => {
  expect(() => resolveId(typed, all)).toThrow(sentence);
});
