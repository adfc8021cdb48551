/**
 * The rows of the founders' table of what remotes do wrong, as the fault server plays them: how a download ends, and
 * what it asks the server for on the way. Each request is its range (“all” without one), the precondition that it
 * carries, and the status that it got (0: none).
 */
import { expect } from 'vitest';
import type { DownloadSpec } from '../../electron/engine/download/index.ts';
import type { FaultRun } from '../servers/fault-server.ts';
import type { Driven } from './download-driver.ts';

/** What is asked for where several connections share the work: who asks next is a race, how it asks is not. */
export interface Race {
  /** How the first request is answered. */
  readonly first: string;
  /** What each further one looks like; there is one at least. */
  readonly each: RegExp;
  /** Requests at most. */
  readonly most: number;
}

export interface Row {
  readonly number: number;
  readonly variant?: string;
  /** What the person asked for besides. */
  readonly given?: Pick<DownloadSpec, 'plainHttp'>;
  /** “completed”, or the outcome and its failure's code, like “attention changed”. */
  readonly ends: string;
  /** All requests, in order; or what holds of them all. */
  readonly asks: readonly string[] | Race;
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

/**
 * One for each connection is usual. Where some are late, others take of what those have left, half of it each time: a few
 * more for each, on any machine.
 */
const MANY = 32;

/**
 * After the first request, every one is a bounded range that only the same file may answer.
 * @param answer how each is answered; one that is given up meanwhile may have no answer
 */
export const segments = (answer: string, most = MANY): Race => ({
  first: FIRST,
  each: new RegExp(`^\\d+-\\d+ if-match (?:0|${answer})$`),
  most,
});
/** The four connections ask once each, and no segment asks again after what it got. */
export const allStop = (answer: string) => segments(answer, 4);

/** What a run asked for is what its row says. */
export function expectAsks({ exchanges }: FaultRun, asks: Row['asks'], why: string): void {
  const all = exchanges.map(asked);
  if (!('each' in asks)) return expect(all, why).toEqual(asks);
  const [first, ...others] = all;
  expect(first, why).toBe(asks.first);
  expect(others.length, why).toBeGreaterThanOrEqual(1);
  expect(all.length, why).toBeLessThanOrEqual(asks.most);
  expect(
    others.filter((one) => !asks.each.test(one)),
    why,
  ).toEqual([]);
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
  expect(share(run, 206)).toBeLessThan(1.15);
}

/** A host that allows two: all is fetched once, in one run, and the refusals are few. */
export function keepsToTwo(run: FaultRun, { runs }: Driven): void {
  expect(runs).toBe(1);
  expect(share(run, 206)).toBeLessThan(1.15);
  const refused = run.exchanges.length - count(run, 206);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(20);
}

export const hosts = ({ exchanges }: FaultRun) =>
  exchanges.map(({ request }) => request.headers['host']?.split(':')[0]);
