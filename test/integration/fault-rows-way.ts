/** The way to the file, and whether it lives: redirects, logins, throttling, silence; and a wrong checksum (faults 50 to 72). */
import { expect } from 'vitest';
import { again, cutOnce, fetchedOnce, FIRST, HALF, hosts, keepsToTwo, rest, segments, type Row } from './fault-row.ts';

export const wayRows: readonly Row[] = [
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
  { number: 52, variant: 'same', ends: 'completed', connections: 4, asks: segments('206'), also: fetchedOnce },
  { number: 54, variant: 'http', ends: 'failed insecure-redirect', asks: ['0- 302'] },
  {
    number: 54,
    variant: 'http',
    given: { plainHttp: ['127.0.0.1'] },
    ends: 'completed',
    asks: ['0- 302', FIRST],
    also: ({ exchanges }) => expect(exchanges.map(({ origin }) => origin)).toEqual(['https', 'http']),
  },
  { number: 54, variant: 'file', given: { plainHttp: ['127.0.0.1'] }, ends: 'failed bad-redirect', asks: ['0- 302'] },
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
    // What is left of the three seconds when it is read.
    also: (_run, { retryAfters }) => {
      expect(retryAfters).toHaveLength(2);
      for (const ms of retryAfters) expect(ms).toBeLessThanOrEqual(3000);
    },
  },
  { number: 58, variant: '429', ends: 'completed', connections: 6, asks: segments('206|429'), also: keepsToTwo },
  { number: 58, variant: '503', ends: 'completed', connections: 6, asks: segments('206|503'), also: keepsToTwo },
  { number: 58, variant: 'reset', ends: 'completed', connections: 6, asks: segments('206'), also: keepsToTwo },
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
