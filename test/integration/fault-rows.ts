/**
 * The rows of the founders' table of what remotes do wrong, as the fault server plays them: how a download ends, and
 * what it asks the server for on the way. Each request is its range (“all” without one), the precondition that it
 * carries, and the status that it got (0: none).
 */
import { expect } from 'vitest';
import type { FaultRun } from '../servers/fault-server.ts';
import type { Driven } from './download-driver.ts';

export interface Row {
  readonly number: number;
  readonly variant?: string;
  /** “completed”, or the outcome and its failure's code, like “attention changed”. */
  readonly ends: string;
  /** All requests, in order; where several connections share the work, the test is in `also`. */
  readonly asks?: readonly string[];
  /** The same fault met by a later run, after one that was stopped when its first response broke off. */
  readonly later?: { readonly asks: readonly string[] };
  readonly connections?: number;
  /** Runs at most, for what is tried again. */
  readonly tries?: number;
  /** Bytes on the disk that have to be the file's own, where it does not end as completed. Default 0. */
  readonly kept?: number;
  /** What else has to hold. */
  also?(run: FaultRun, driven: Driven): void;
}

/** A file of 4,200,000 bytes; most first responses break off at its half. */
const FIRST = '0- 206';
const HALF = 2_100_000;
const rest = (answer: string) => `2100000-4199999 ${answer}`;
const again = (answer: string) => `2100000- ${answer}`;
/** Where no validator holds, 64 KiB before the half are asked for once more and compared. */
const overlapped = (answer: string) => `2034464-4199999 ${answer}`;
const overlappedAgain = (answer: string) => `2034464- ${answer}`;
const times = (n: number, ask: string) => Array.from({ length: n }, () => ask);
/** A run that gives up after four failed tries in a row, and its successor after one more. */
const tried = (answer: string) => ({
  asks: [FIRST, ...times(4, rest(`if-match ${answer}`)), again(`if-range ${answer}`)],
  later: { asks: times(2, again(`if-range ${answer}`)) },
  tries: 2,
  kept: HALF,
});

/** The first answer breaks off at the half: what a segment gets that asks for the rest, and what a later run gets. */
const cutOnce = (segment: string, later: string) => ({
  asks: [FIRST, rest(segment)],
  later: { asks: [again(later)] },
});

/** One exchange in the notation of the rows. */
export function asked({ request, status, origin }: FaultRun['exchanges'][number]): string {
  const { method, headers } = request;
  const conditions = ['if-match', 'if-range', 'if-unmodified-since'].filter((name) => headers[name] !== undefined);
  const range = headers['range']?.replace('bytes=', '') ?? 'all';
  const place = origin === 'other' ? ['elsewhere'] : [];
  return [...(method === 'GET' ? [] : [method]), range, ...conditions, ...place, status].join(' ');
}

/** After the first request, every one is a bounded range that only the same file may answer. */
function segmentsAreConditional({ exchanges }: FaultRun): void {
  const segments = exchanges.slice(1).map(asked);
  // How many were on their way when the first answer came is a race.
  expect(segments.length).toBeGreaterThanOrEqual(1);
  for (const segment of segments) expect(segment).toMatch(/^\d+-\d+ if-match \d+$/);
}

/** No segment asks again after what it got. */
function allStop(run: FaultRun): void {
  segmentsAreConditional(run);
  expect(run.exchanges.length).toBeLessThanOrEqual(4);
}

/** Complete, but nothing more than a few bytes says that it is all of one version. */
function isUnverified(_run: FaultRun, { outcome }: Driven): void {
  expect(outcome).toMatchObject({ proof: 'unverified' });
}

/** Body bytes in answers with this status, over the size of the file. */
const share = (run: FaultRun, status: number) =>
  run.exchanges.reduce((sum, x) => sum + (x.status === status ? x.sent : 0), 0) / run.size;

const count = (run: FaultRun, status: number) => run.exchanges.filter((x) => x.status === status).length;

/** Each byte came once: what a connection was still sent when another took over its rest is a few buffers. */
function fetchedOnce(run: FaultRun): void {
  segmentsAreConditional(run);
  expect(share(run, 206)).toBeLessThan(1.15);
}

/** A host that allows two: all is fetched once, in one run, and the refusals are few. */
function keepsToTwo(run: FaultRun, { runs }: Driven): void {
  expect(runs).toBe(1);
  segmentsAreConditional(run);
  expect(share(run, 206)).toBeLessThan(1.15);
  const refused = run.exchanges.length - count(run, 206);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(20);
}

const hosts = ({ exchanges }: FaultRun) => exchanges.map(({ request }) => request.headers['host']?.split(':')[0]);

export const rows: readonly Row[] = [
  // What Accept-Ranges says is of no account: the 206 is.
  ...['absent', 'none'].map((variant): Row => ({
    number: 1,
    variant,
    ends: 'completed',
    connections: 4,
    also: segmentsAreConditional,
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
  { number: 7, variant: 'wrong', ends: 'retry bad-response', ...tried('200') },
  {
    number: 8,
    variant: 'once',
    ends: 'completed',
    asks: [FIRST, rest('if-match 206'), rest('if-match 206')],
    later: { asks: [again('if-range 206'), again('if-range 206')] },
  },
  { number: 8, variant: 'always', ends: 'retry bad-response', ...tried('206') },
  { number: 9, ends: 'completed', asks: [FIRST, ...[1, 2, 3, 4].map((n) => `${n << 20}-4199999 if-match 206`)] },
  // The server sends to the end of the file each time: no more than the segment is read.
  { number: 10, ends: 'completed', connections: 4, also: fetchedOnce },
  { number: 11, variant: 'probe', ends: 'completed', asks: [FIRST, 'all 200'] },
  { number: 11, variant: 'segment', ends: 'retry bad-response', ...tried('206') },
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
    also: (run) => {
      allStop(run);
      expect(share(run, 206)).toBeLessThan(0.2);
    },
  },
  { number: 15, variant: 'right', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  { number: 15, variant: 'wrong', ends: 'retry bad-response', ...tried('206') },
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
  { number: 23, variant: 'same', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  { number: 23, variant: 'changed', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 412', 'if-range 200') },
  {
    number: 24,
    variant: 'changed',
    ends: 'attention changed',
    connections: 4,
    also: (run) => {
      segmentsAreConditional(run);
      expect(count(run, 412)).toBeGreaterThan(0);
      expect(share(run, 412), 'small').toBe(0);
      expect(share(run, 206)).toBeLessThan(0.3);
    },
  },
  { number: 24, variant: 'same', ends: 'completed', connections: 4, also: fetchedOnce },
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
  { number: 27, ends: 'completed', asks: [FIRST, overlapped('206')], later: { asks: [overlappedAgain('206')] } },
  {
    number: 28,
    variant: 'same',
    ends: 'completed',
    asks: [FIRST, overlapped('206')],
    later: { asks: [overlappedAgain('206')] },
    also: isUnverified,
  },
  {
    number: 28,
    variant: 'other',
    ends: 'attention changed',
    kept: HALF,
    asks: [FIRST, overlapped('206')],
    later: { asks: [overlappedAgain('206')] },
  },
  {
    number: 29,
    variant: 'same',
    ends: 'completed',
    asks: [FIRST, rest('if-match 206'), again('if-range 206'), overlappedAgain('206')],
    later: { asks: [again('if-range 206'), overlappedAgain('206')] },
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
    also: (run) => {
      allStop(run);
      expect(share(run, 206)).toBeLessThan(0.3);
    },
  },
  { number: 31, variant: '412', ends: 'attention changed', kept: HALF, ...cutOnce('if-match 412', 'if-range 412') },
  { number: 31, variant: '304', ends: 'retry bad-response', ...tried('304') },
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
      asks: [FIRST, rest(match), overlappedAgain(range)],
      later: { asks: [again('if-range 206'), overlappedAgain(range)] },
      also: isUnverified,
    },
    {
      number: 33,
      variant: `${variant}-other`,
      ends: 'attention changed',
      kept: HALF,
      asks: [FIRST, rest(match), overlappedAgain(range)],
      later: { asks: [again('if-range 206'), overlappedAgain(range)] },
    },
  ]),
  {
    number: 35,
    ends: 'completed',
    asks: [FIRST, ...[1, 2, 3].map((n) => `${n * 1_060_921}-4199999 if-match 206`)],
    later: {
      asks: ['1060921- if-range 206', ...[2, 3].map((n) => `${n * 1_060_921}-4199999 if-match 206`)],
    },
  },
  { number: 36, variant: 'ranges', ends: 'completed', ...cutOnce('if-match 206', 'if-range 206') },
  {
    number: 36,
    variant: 'no-ranges',
    ends: 'completed',
    // Its strong ETag proves the second body to be the same file: its first half is passed over.
    asks: ['0- 200', overlappedAgain('if-match 200')],
    later: { asks: ['if-range ', ''].map((condition) => overlappedAgain(`${condition}200`)) },
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
    also: ({ exchanges }) => {
      const asks = exchanges.map(asked);
      expect([...new Set(asks)]).toEqual([FIRST, ...[1, 2, 3, 4].map((n) => `${n << 20}-4199999 if-match 206`)]);
      // What is too much may come when the next request is out already: it is no answer to that, which is sent anew.
      expect(asks.length).toBeLessThanOrEqual(9);
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
    later: { asks: ['1050000- if-range 206', rest('if-match 404'), rest('if-match 200'), again('if-range 206')] },
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
      asks: ['1050000- if-range 206', rest('if-match 404'), rest('if-match 200'), '3150000-4199999 if-match 206'],
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
  {
    number: 50,
    variant: 'chain',
    ends: 'completed',
    asks: [...[301, 302, 303, 307, 308, 206].map((status) => `0- ${status}`), rest('if-match 206')],
    later: { asks: [301, 302, 303, 307, 308, 206].map((status) => again(`if-range ${status}`)) },
  },
  {
    number: 50,
    variant: 'loop',
    ends: 'failed too-many-redirects',
    asks: Array.from({ length: 21 }, (_, hop) => `0- ${[301, 302, 303, 307, 308][hop % 5]}`),
  },
  {
    number: 51,
    ends: 'completed',
    asks: ['0- 302', FIRST, ...[403, 302, 206].map((status) => rest(`if-match ${status}`))],
    later: { asks: [again('if-range 302'), again('if-range 206')] },
  },
  { number: 52, variant: 'other', ends: 'attention changed', connections: 4, also: allStop },
  { number: 52, variant: 'same', ends: 'completed', connections: 4, also: fetchedOnce },
  { number: 54, variant: 'http', ends: 'failed insecure-redirect', asks: ['0- 302'] },
  { number: 54, variant: 'file', ends: 'failed bad-redirect', asks: ['0- 302'] },
  { number: 54, variant: 'ftp', ends: 'failed bad-redirect', asks: ['0- 302'] },
  { number: 55, variant: 'missing', ends: 'failed bad-redirect', asks: ['0- 302'] },
  { number: 55, variant: 'twice', ends: 'failed bad-redirect', asks: ['0- 302'] },
  ...['401', '407'].map((variant): Row => ({
    number: 56,
    variant,
    ends: 'attention login-needed',
    kept: HALF,
    ...cutOnce(`if-match ${variant}`, `if-range ${variant}`),
  })),
  {
    number: 57,
    variant: 'seconds',
    ends: 'completed',
    asks: ['0- 503', '0- 503', FIRST],
    also: (_run, { retryAfters }) => expect(retryAfters).toEqual([2000, 2000]),
  },
  {
    number: 57,
    variant: 'date',
    ends: 'completed',
    asks: ['0- 503', '0- 503', FIRST],
    also: (_run, { retryAfters }) => expect(retryAfters.every((ms) => ms > 1000 && ms <= 3000)).toBe(true),
  },
  { number: 58, variant: '429', ends: 'completed', connections: 6, also: keepsToTwo },
  { number: 58, variant: '503', ends: 'completed', connections: 6, also: keepsToTwo },
  { number: 58, variant: 'reset', ends: 'completed', connections: 6, also: keepsToTwo },
  ...['408', '429', '500', '502', '503', '504', '520', '521', '522', '524'].map((variant): Row => ({
    number: 59,
    variant,
    ends: 'completed',
    asks: [`0- ${variant}`, `0- ${variant}`, FIRST],
  })),
  ...(
    [
      ['400', 'http-status'],
      ['401', 'login-needed'],
      ['403', 'forbidden'],
      ['404', 'not-found'],
      ['410', 'not-found'],
    ] as const
  ).map(([variant, code]): Row => ({ number: 59, variant, ends: `failed ${code}`, asks: [`0- ${variant}`] })),
  {
    number: 60,
    ends: 'completed',
    asks: [FIRST, '1050000-4199999 if-match 206'],
    also: (_run, { runs }) => expect(runs).toBe(1),
  },
  { number: 61, ends: 'completed', asks: [FIRST], also: (_run, { runs }) => expect(runs).toBe(2) },
  { number: 62, variant: 'no-ipv6', ends: 'completed', asks: [FIRST] },
  { number: 62, variant: 'no-ipv4', ends: 'completed', asks: [FIRST] },
  {
    number: 64,
    ends: 'completed',
    asks: ['0- 302', FIRST, rest('if-match 206')],
    later: { asks: [again('if-range 302'), again('if-range 206')] },
    also: (run) => {
      expect(new Set(hosts(run))).toEqual(new Set(['127.0.0.1', 'localhost']));
      for (const host of new Set(hosts(run))) {
        const connections = run.exchanges.filter((_, i) => hosts(run)[i] === host).map(({ connection }) => connection);
        const others = run.exchanges.filter((_, i) => hosts(run)[i] !== host).map(({ connection }) => connection);
        expect(others.some((one) => connections.includes(one))).toBe(false);
      }
    },
  },
  // Without digests of its pieces nobody knows which bytes are wrong: nothing is fetched again unasked.
  { number: 72, variant: 'always', ends: 'attention checksum-mismatch', asks: [FIRST] },
  { number: 72, variant: 'once', ends: 'attention checksum-mismatch', asks: [FIRST] },
];
