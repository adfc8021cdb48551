/** How a body is framed, coded and broken off (faults 35 to 49). */
import { expect } from 'vitest';
import { asked, again, cutOnce, FIRST, HALF, isUnverified, overlapped, rest, type Row } from './fault-row.ts';

export const bodyRows: readonly Row[] = [
  {
    number: 35,
    ends: 'completed',
    asks: [FIRST, ...[1, 2, 3].map((n) => `${n * 1_060_921}-4199999 if-match 206`)],
    // Each answer brings so much, and the first of a later run begins 64 KiB before what is missing.
    later: {
      asks: ['995385- if-range 206', ...[2, 3, 4].map((n) => `${n * 1_060_921 - 65_536}-4199999 if-match 206`)],
    },
  },
  { number: 36, variant: 'ranges', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  {
    number: 36,
    variant: 'no-ranges',
    ends: 'completed',
    // Its strong ETag proves the second body to be the same file: its first half is passed over.
    asks: ['0- 200', again('if-match 200')],
    later: { asks: ['if-range ', ''].map((condition) => again(`${condition}200`)) },
  },
  ...['garbage', 'overflow'].map((variant): Row => ({
    number: 37,
    variant,
    ends: 'completed',
    asks: ['0- 200', '984464- if-match 206'],
    later: { asks: ['984464- if-range 206'] },
  })),
  { number: 38, ends: 'completed', asks: ['0- 200'], also: isUnverified },
  { number: 39, ends: 'completed', asks: ['0- 200'] },
  ...['negative', 'garbage', 'conflicting', 'overflow'].map((variant): Row => ({
    number: 40,
    variant,
    ends: 'failed bad-response',
    asks: ['0- 200'],
  })),
  {
    number: 41,
    ends: 'completed',
    // What is too much may come when the next request is out already: it is no answer to that, which is sent anew.
    asks: { first: FIRST, each: /^\d+-4199999 if-match 206$/, most: 9 },
    also: ({ exchanges }) => {
      const starts = [1, 2, 3, 4].map((n) => `${n << 20}-4199999 if-match 206`);
      expect([...new Set(exchanges.map(asked))]).toEqual([FIRST, ...starts]);
      expect(new Set(exchanges.map(({ connection }) => connection)).size).toBeGreaterThanOrEqual(5);
    },
  },
  { number: 42, variant: 'mislabelled', ends: 'completed', connections: 4, asks: ['0- 200'] },
  // Stored as sent: not the file's bytes, but those that packed it.
  { number: 42, variant: 'gzip', ends: 'completed', connections: 4, asks: ['0- 200'] },
  { number: 43, ends: 'failed bad-response', asks: ['0- 200'] },
  {
    number: 44,
    variant: 'kept-alive',
    ends: 'completed',
    asks: [FIRST, ...[1, 2, 3, 4].flatMap((n) => [0, 206].map((status) => `${n << 20}-4199999 if-match ${status}`))],
    also: (_run, { runs }) => expect(runs).toBe(1),
  },
  { number: 44, variant: 'fresh', ends: 'retry connection-lost', tries: 2, asks: ['0- 0', 'all 0', '0- 0', 'all 0'] },
  { number: 45, variant: '204', ends: 'failed empty-answer', asks: ['0- 204'] },
  { number: 45, variant: '205', ends: 'failed empty-answer', asks: ['0- 205'] },
  {
    number: 46,
    variant: 'resume',
    ends: 'attention link-expired',
    kept: HALF,
    ...cutOnce('if-match 200', 'if-range 200'),
  },
  { number: 46, variant: 'start', ends: 'attention link-expired', asks: ['0- 200'] },
  {
    number: 47,
    variant: 'error',
    ends: 'completed',
    asks: ['0- 200', '1050000-4199999 if-match 206', rest('if-match 404'), rest('if-match 200'), again('if-range 206')],
    later: {
      asks: ['984464- if-range 206', overlapped('if-match 404'), overlapped('if-match 200'), '1968928- if-range 206'],
    },
  },
  {
    number: 47,
    variant: 'whole',
    ends: 'completed',
    asks: [
      '0- 200',
      '1050000-4199999 if-match 206',
      rest('if-match 404'),
      rest('if-match 200'),
      '3150000-4199999 if-match 206',
    ],
    later: {
      asks: [
        '984464- if-range 206',
        overlapped('if-match 404'),
        overlapped('if-match 200'),
        '3150000-4199999 if-match 206',
      ],
    },
  },
  {
    number: 48,
    variant: 'other-etag',
    ends: 'attention changed',
    kept: HALF,
    ...cutOnce('if-match 412', 'if-range 200'),
  },
  {
    number: 48,
    variant: 'same-etag',
    ends: 'attention changed',
    kept: HALF,
    ...cutOnce('if-match 206', 'if-range 206'),
  },
  // A server knows no ranges of nothing; one request tells, and no other follows.
  { number: 49, variant: '200', ends: 'completed', asks: ['0- 200'] },
  { number: 49, variant: '416', ends: 'completed', asks: ['0- 416'] },
];
