/** Which connections read on when the disk, which was behind, has room again. */
import { describe, expect, test } from 'vitest';
import { nextInTurn } from '../../electron/engine/download/turns.ts';
import type { Activity } from '../../electron/engine/remote/index.ts';

const slots = (...all: [id: string, activity: Activity, wroteAt: number][]) =>
  all.map(([id, activity, wroteAt]) => ({ id, wroteAt, connection: { activity } }));
const ids = (some: readonly { id: string }[]) => some.map(({ id }) => id).join(' ');

describe('connections that wait for the disk', () => {
  const waiting = slots(['a', 'blocked', 30], ['b', 'blocked', 10], ['c', 'blocked', 20]);

  test('read on one for each buffer that it has room for, first who filled one longest ago', () => {
    expect(ids(nextInTurn(waiting, 1))).toBe('b');
    expect(ids(nextInTurn(waiting, 2))).toBe('b c');
    expect(ids(nextInTurn(waiting, Infinity))).toBe('b c a');
    expect(ids(waiting), 'they keep their order').toBe('a b c');
  });

  test('leave that room to those that read already', () => {
    const reading = slots(['x', 'receiving', 0], ['y', 'receiving', 40]);
    expect(ids(nextInTurn([...waiting, ...reading], 3))).toBe('b');
    expect(ids(nextInTurn([...waiting, ...reading], 1))).toBe('');
  });

  test('are alone meant: who waits for a limit, a head or a request does not read by it', () => {
    const others = slots(['x', 'limited', 0], ['y', 'waiting', 0], ['z', 'idle', 0], ['w', 'connecting', 0]);
    expect(ids(nextInTurn([...others, { id: 'n', wroteAt: 0, connection: null }], Infinity))).toBe('');
    expect(ids(nextInTurn([...others, ...waiting], 1))).toBe('b');
  });
});
