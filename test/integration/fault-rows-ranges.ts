/** How ranges are negotiated (faults 1 to 22). */
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
  rest,
  segments,
  share,
  tried,
  type Row,
} from './fault-row.ts';

export const rangeRows: readonly Row[] = [
  // What Accept-Ranges says is of no account: the 206 is.
  ...['absent', 'none'].map((variant): Row => ({
    number: 1,
    variant,
    ends: 'completed',
    connections: 4,
    asks: segments('206'),
  })),
  { number: 1, variant: 'liar', ends: 'completed', connections: 4, asks: ['0- 200'] },
  { number: 2, ends: 'completed', asks: ['0- 200'] },
  {
    number: 3,
    variant: 'same',
    ends: 'completed',
    asks: [FIRST, rest('if-match 200')],
    // If-Range may be what made it a 200 (row 25).
    later: { asks: [again('if-range 200'), again('200')] },
  },
  { number: 3, variant: 'changed', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 200', 'if-range 200') },
  {
    // The same bytes before the half, and no word of their version: good enough, but said to be unverified.
    number: 3,
    variant: 'silent',
    ends: 'completed',
    asks: [FIRST, rest('if-match 200'), again('if-range 200')],
    later: { asks: [again('if-range 200')] },
    also: isUnverified,
  },
  ...['other', 'other-chunked'].map((variant): Row => ({
    number: 3,
    variant,
    ends: 'attention changed',
    kept: HALF,
    asks: [FIRST, rest('if-match 200'), again('if-range 200')],
    later: { asks: [again('if-range 200')] },
  })),
  { number: 3, variant: 'other-once', ends: 'completed', asks: [FIRST, rest('if-match 200'), again('if-range 206')] },
  {
    number: 4,
    ends: 'completed',
    connections: 4,
    asks: segments('200|206'),
    also: (run) => {
      fetchedOnce(run);
      expect(count(run, 200), 'one answer without the range').toBe(1);
      expect(share(run, 200), 'which is dropped').toBeLessThan(0.1);
    },
  },
  {
    number: 5,
    ends: 'completed',
    asks: ['0- 200', '4134464- if-match 200'],
    later: { asks: ['4134464- if-range 200', '4134464- 200'] },
  },
  ...['short', 'empty'].map((variant): Row => ({
    number: 6,
    variant,
    ends: 'attention changed',
    kept: HALF,
    ...cutOnce('if-match 200', 'if-range 200'),
  })),
  { number: 7, variant: 'right', ends: 'completed', ...cutOnce('if-match 200', 'if-range 200') },
  { number: 7, variant: 'wrong', ...tried('200', '200') },
  {
    number: 8,
    variant: 'once',
    ends: 'completed',
    asks: [FIRST, rest('if-match 206'), rest('if-match 206')],
    later: { asks: [again('if-range 206'), again('if-range 206')] },
  },
  { number: 8, variant: 'always', ...tried('206', '200') },
  { number: 9, ends: 'completed', asks: [FIRST, ...[1, 2, 3, 4].map((n) => `${n << 20}-4199999 if-match 206`)] },
  // The server sends to the end of the file each time: no more than the segment is read.
  { number: 10, ends: 'completed', connections: 4, asks: segments('206'), also: fetchedOnce },
  { number: 11, variant: 'probe', ends: 'completed', asks: [FIRST, 'all 200'] },
  { number: 11, variant: 'segment', ...tried('206', '200') },
  { number: 12, ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  { number: 13, variant: 'equals', ends: 'completed', asks: [FIRST] },
  { number: 13, variant: 'no-unit', ends: 'completed', asks: [FIRST] },
  ...['open', 'no-start', 'reversed', 'unknown'].map((variant): Row => ({
    number: 13,
    variant,
    ends: 'completed',
    asks: [FIRST, 'all 200'],
  })),
  {
    number: 14,
    ends: 'attention changed',
    connections: 4,
    asks: allStop('206'),
    also: (run) => expect(share(run, 206)).toBeLessThan(0.2),
  },
  { number: 15, variant: 'right', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  { number: 15, variant: 'wrong', ...tried('206', '206') },
  {
    number: 16,
    variant: 'segment',
    ends: 'completed',
    asks: [FIRST, rest('if-match 206'), again('if-range 206'), 'all 200'],
    later: { asks: [again('if-range 206'), 'all 200'] },
  },
  { number: 16, variant: 'probe', ends: 'completed', asks: [FIRST, 'all 200'] },
  { number: 17, ends: 'retry bad-response', tries: 2, asks: ['0- 0', 'all 206', '0- 0', 'all 206'] },
  {
    number: 18,
    ends: 'completed',
    asks: ['0- 200', '4134464- if-match 416', '4134464- if-range 416', 'all 200'],
    later: { asks: ['4134464- if-range 416', 'all 200'] },
  },
  {
    // Asked again without the range, the server shows the same file: it goes on rather than to ask the person.
    number: 19,
    variant: 'no-size',
    ends: 'completed',
    asks: [FIRST, rest('if-match 416'), again('if-range 416'), 'all 200'],
    later: { asks: [again('if-range 416'), 'all 200'] },
  },
  { number: 19, variant: 'smaller', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 416', 'if-range 416') },
  { number: 20, variant: 'refused', ends: 'completed', asks: [FIRST] },
  { number: 20, variant: 'at-odds', ends: 'completed', asks: [FIRST] },
  { number: 21, ends: 'completed', asks: ['0- 0', 'all 200'] },
  { number: 22, ends: 'completed', asks: [FIRST, 'all 200'] },
];
