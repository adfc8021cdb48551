/** What proves that the file is the same (faults 23 to 34). */
import { expect } from 'vitest';
import {
  again,
  allStop,
  count,
  cutOnce,
  fetchedOnce,
  FIRST,
  HALF,
  isUnverified,
  overlapped,
  STRETCHES,
  rest,
  segments,
  share,
  tried,
  type Row,
} from './fault-row.ts';

export const identityRows: readonly Row[] = [
  { number: 23, variant: 'same', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  { number: 23, variant: 'changed', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 412', 'if-range 200') },
  {
    number: 24,
    variant: 'changed',
    ends: 'attention changed',
    connections: 4,
    asks: allStop('206|412'),
    also: (run) => {
      expect(count(run, 412)).toBeGreaterThan(0);
      expect(share(run, 412), 'small').toBe(0);
      expect(share(run, 206)).toBeLessThan(0.3);
    },
  },
  { number: 24, variant: 'same', ends: 'completed', connections: 4, asks: segments('206'), also: fetchedOnce },
  {
    number: 25,
    ends: 'completed',
    // Within a run segments say If-Match, which this CDN lets through.
    asks: [FIRST, rest('if-match 206')],
    later: { asks: [again('if-range 200'), again('206')] },
  },
  // Last-Modified is strong, and serves instead.
  {
    number: 26,
    ends: 'completed',
    ...cutOnce('if-unmodified-since 206', 'if-range 206'),
    also: ({ exchanges }) => {
      for (const { request } of exchanges) expect(request.headers['if-range'] ?? '').not.toContain('"');
    },
  },
  { number: 27, ends: 'completed', asks: [FIRST, overlapped('206')], later: { asks: [...STRETCHES, again('206')] } },
  {
    number: 28,
    variant: 'same',
    ends: 'completed',
    asks: [FIRST, overlapped('206')],
    later: { asks: [...STRETCHES, again('206')] },
    also: isUnverified,
  },
  {
    number: 28,
    variant: 'other',
    ends: 'attention changed',
    kept: HALF,
    asks: [FIRST, overlapped('206')],
    later: { asks: STRETCHES.slice(0, 1) },
  },
  {
    number: 29,
    variant: 'same',
    ends: 'completed',
    asks: [FIRST, rest('if-match 206'), ...STRETCHES, again('206')],
    later: { asks: [again('if-range 206'), ...STRETCHES, again('206')] },
    also: (_run, { events }) =>
      expect(events).toContainEqual(
        expect.objectContaining({ level: 'warning', text: expect.stringContaining('bytes are compared') }),
      ),
  },
  { number: 29, variant: 'other', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 206', 'if-range 206') },
  {
    number: 30,
    ends: 'attention changed',
    connections: 4,
    asks: allStop('206|412'),
    also: (run) => expect(share(run, 206)).toBeLessThan(0.3),
  },
  {
    // A condition may fail by itself: it is asked for once more without, and only then believed.
    number: 31,
    variant: '412',
    ends: 'attention changed',
    kept: HALF,
    asks: [FIRST, rest('if-match 412'), rest('412')],
    later: { asks: [again('if-range 412'), again('412')] },
  },
  { number: 31, variant: '304', ...tried('304', '304') },
  {
    number: 32,
    variant: 'hop',
    ends: 'completed',
    asks: ['0- 302', FIRST, rest('if-match 206')],
    later: { asks: [again('if-range 302'), again('if-range 206')] },
  },
  {
    number: 32,
    variant: 'blank',
    ends: 'completed',
    asks: ['0- 302', FIRST, rest('if-unmodified-since 206')],
    later: { asks: [again('if-range 302'), again('if-range 206')] },
  },
  { number: 33, variant: 'no-date', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  ...[
    { variant: 'nothing', match: 'if-match 206', range: 'if-range 206' },
    { variant: 'date-only', match: 'if-unmodified-since 206', range: '206' },
  ].flatMap(({ variant, match, range }): Row[] => [
    {
      number: 33,
      variant,
      ends: 'completed',
      asks: [FIRST, rest(match), ...STRETCHES, again(range)],
      later: { asks: [again('if-range 206'), ...STRETCHES, again(range)] },
      also: isUnverified,
    },
    {
      number: 33,
      variant: `${variant}-other`,
      ends: 'attention changed',
      kept: HALF,
      asks: [FIRST, rest(match), ...STRETCHES.slice(0, 1)],
      later: { asks: [again('if-range 206'), ...STRETCHES.slice(0, 1)] },
    },
  ]),
];
