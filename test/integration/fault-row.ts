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
export const FIRST = '0- 206';
export const HALF = 2_100_000;
export const rest = (answer: string) => `2100000-4199999 ${answer}`;
/** What a later run asks for: 64 KiB before the half come once more, and are compared with what is on the disk. */
export const again = (answer: string) => `2034464- ${answer}`;
/** The same within a run, where no validator holds. */
export const overlapped = (answer: string) => `2034464-4199999 ${answer}`;
/** What a later run compares besides, where no validator holds: the head of what is here, and its middle. */
export const STRETCHES = ['0-65535 206', '1049999-1115534 206'];
const times = (n: number, ask: string) => Array.from({ length: n }, () => ask);
/**
 * A run that gives up after four failed tries in a row; its successor tries twice more, and then without a range, which
 * is answered by `whole`.
 */
export const tried = (answer: string, whole: string) => {
  const asks = [...times(2, again(`if-range ${answer}`)), `all ${whole}`];
  const isCured = whole === '200';
  return {
    ends: isCured ? 'completed' : 'retry bad-response',
    asks: [FIRST, ...times(4, rest(`if-match ${answer}`)), ...asks],
    later: { asks: isCured ? asks : [...asks, ...asks] },
    tries: 2,
    kept: HALF,
  };
};

/** The first answer breaks off at the half: what a segment gets that asks for the rest, and what a later run gets. */
export const cutOnce = (segment: string, later: string) => ({
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
export function segmentsAreConditional({ exchanges }: FaultRun): void {
  const segments = exchanges.slice(1).map(asked);
  // How many were on their way when the first answer came is a race.
  expect(segments.length).toBeGreaterThanOrEqual(1);
  for (const segment of segments) expect(segment).toMatch(/^\d+-\d+ if-match \d+$/);
}

/** No segment asks again after what it got. */
export function allStop(run: FaultRun): void {
  segmentsAreConditional(run);
  expect(run.exchanges.length).toBeLessThanOrEqual(4);
}

/** Complete, but nothing more than a few bytes says that it is all of one version. */
export function isUnverified(_run: FaultRun, { outcome }: Driven): void {
  expect(outcome).toMatchObject({ proof: 'unverified' });
}

/** Body bytes in answers with this status, over the size of the file. */
export const share = (run: FaultRun, status: number) =>
  run.exchanges.reduce((sum, x) => sum + (x.status === status ? x.sent : 0), 0) / run.size;

export const count = (run: FaultRun, status: number) => run.exchanges.filter((x) => x.status === status).length;

/** Each byte came once: what a connection was still sent when another took over its rest is a few buffers. */
export function fetchedOnce(run: FaultRun): void {
  segmentsAreConditional(run);
  expect(share(run, 206)).toBeLessThan(1.15);
}

/** A host that allows two: all is fetched once, in one run, and the refusals are few. */
export function keepsToTwo(run: FaultRun, { runs }: Driven): void {
  expect(runs).toBe(1);
  segmentsAreConditional(run);
  expect(share(run, 206)).toBeLessThan(1.15);
  const refused = run.exchanges.length - count(run, 206);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(20);
}

export const hosts = ({ exchanges }: FaultRun) =>
  exchanges.map(({ request }) => request.headers['host']?.split(':')[0]);
