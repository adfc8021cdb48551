import { failure, toFailure } from '../../../shared/failure.ts';
import type { Checksum, Identity, Ranges, Resumability } from '../../../shared/job.ts';
import { nameFromContentDisposition, nameFromUrl, openPart, reopenPart, safeFileName } from '../files/index.ts';
import type { BufferPool } from '../flow/index.ts';
import {
  field,
  difference,
  identityOf,
  isHtml,
  isMetalink,
  readMetalink,
  readText,
  resumabilityOf,
  type Exchange,
  type MetalinkFile,
  type RangeAsk,
  type Verdict,
} from '../remote/index.ts';
import { digestOf } from './digests.ts';
import { PartFile } from './part-file.ts';
import { isProven, learnt, OVERLAP, provesSame, type Known } from './proof.ts';
import type { DownloadJournal, DownloadSpec } from './types.ts';

/** An answered request whose body begins the transfer. */
export interface First {
  readonly exchange: Exchange;
  /** Byte of the representation with which the body begins. */
  readonly start: number;
  /** Where the part ends that it was proven to be; Infinity for a whole. */
  readonly end: number;
  /** Where the gap begins that it fills. */
  readonly gap: number;
  /** The bytes just before the gap, as they are on the disk, where they have to be compared (fault 28). */
  readonly expected: Buffer | null;
  /** What is known once they were found equal. */
  readonly learnt: Known;
}

/** A download that may begin: who answered, which file, what is missing. */
export interface Opened {
  readonly name: string;
  readonly part: PartFile;
  readonly identity: Identity;
  readonly resumability: Resumability;
  readonly size: number | null;
  readonly missing: Ranges;
  /** Null where nothing is missing. */
  readonly first: First | null;
  /** The checksum of the whole that the server told. */
  readonly digest: Checksum | null;
  /** True where only one stream may fetch it. */
  readonly single: boolean;
  /** True where the server sends one more body from byte 0, and only its bytes can prove it. */
  readonly fromStart: boolean;
  /** What the person may want to know about it. */
  readonly note: { readonly text: string; readonly level: 'info' | 'warning' } | null;
}

/** What a run was opened with, or the verdict that ends it. */
export type Opening =
  { readonly opened: Opened } | { readonly verdict: Verdict } | { readonly metalink: readonly MetalinkFile[] };

/** Sends a request and judges its answer. Throws what the network throws. */
export type Ask = (range: RangeAsk | null) => Promise<{ readonly exchange: Exchange; readonly verdict: Verdict }>;

/** A file of just so many bytes may be the window of a server that tells the window as the total (fault 22). */
const SUSPECT_TOTAL = { multipleOf: 64 * 1024, most: 64 * 1024 * 1024 };
/** A Metalink document larger than this (bytes) is refused: its piece digests grow with the file, slowly. */
const MOST_METALINK = 16 * 1024 * 1024;
/** Links that lead to no web page. */
const BINARY =
  /\.(zip|7z|rar|t?gz|tar|xz|zst|bz2|iso|img|dmg|exe|msi|deb|rpm|apk|jar|pdf|mp[34]|mkv|mov|webm|flac|bin|parquet)$/i;

/** A whole file with fewer bytes than are here already (fault 6). */
export const SHORTER: Verdict = { kind: 'changed', detail: 'it is shorter now', onlyEtag: false };

/** Nothing says that it is the same file, and there is nothing to compare it with. */
const UNPROVEN: Verdict = {
  kind: 'changed',
  detail: 'the server does not say which version of it this is',
  onlyEtag: false,
};

/** The first request of a new download: its answer decides name, size and method, and its body is used (fault 2). */
export async function openFresh(spec: DownloadSpec, ask: Ask, pool: BufferPool): Promise<Opening> {
  let range: RangeAsk | null = { start: 0, end: null, identity: null, condition: 'none' };
  for (;;) {
    let answer: { exchange: Exchange; verdict: Verdict };
    try {
      answer = await ask(range);
    } catch (error) {
      // A server that hangs up on a range gets one request without (fault 21).
      if (range === null || toFailure(error).code !== 'connection-lost') throw error;
      range = null;
      continue;
    }
    let { exchange, verdict } = answer;
    // A part whose whole is unknown proves nothing about the end: the plain answer does.
    const vague = verdict.kind === 'part' && verdict.total === null;
    if (range !== null && (vague || verdict.kind === 'ask-without')) {
      exchange.connection.destroy();
      range = null;
      continue;
    }
    if (verdict.kind === 'part') {
      ({ exchange, verdict } = await crossChecked({ exchange, verdict }, ask));
    }
    if (verdict.kind !== 'part' && verdict.kind !== 'whole' && verdict.kind !== 'empty') {
      exchange.connection.destroy();
      return { verdict };
    }
    const { head, url } = exchange;
    if (isMetalink(field(head, 'content-type'), url)) {
      return { metalink: await readMetalink(await readText(exchange, pool, MOST_METALINK), url.hostname) };
    }
    if (isHtml(field(head, 'content-type')) && BINARY.test(new URL(spec.url).pathname)) {
      exchange.connection.destroy();
      const host = url.hostname;
      return { verdict: { kind: 'refused', failure: failure(strayPage(spec.url, url), { host }) } };
    }
    const total = verdict.kind === 'empty' ? 0 : verdict.total;
    const end = verdict.kind === 'part' ? verdict.end : Infinity;
    const identity = identityOf(head, url, total);
    const resumability = resumabilityOf(head, verdict);
    const given = spec.name ?? nameFromContentDisposition(field(head, 'content-disposition') ?? '');
    let opened;
    try {
      opened = await openPart(spec.folder, given ? safeFileName(given) : nameFromUrl(url));
    } catch (error) {
      exchange.connection.destroy();
      throw error;
    }
    if (total === 0) exchange.connection.destroy();
    return {
      opened: {
        name: opened.name,
        part: new PartFile(opened.handle, [], pool),
        identity,
        resumability,
        size: total,
        missing: total === 0 ? [] : [[0, total ?? Infinity]],
        first:
          total === 0 ? null : { exchange, start: 0, gap: 0, end, expected: null, learnt: { identity, resumability } },
        digest: resumability === 'encoded' ? null : digestOf(head),
        single: verdict.kind !== 'part' || resumability === 'encoded',
        fromStart: false,
        note: null,
      },
    };
  }
}

/**
 * Why a web page answers where a file was asked for: a plain http request that ends at another host is what networks
 * with a sign-in page do; anything else is a link that has expired.
 */
function strayPage(asked: string, answered: URL): 'captive-page' | 'link-expired' {
  const { protocol, hostname } = new URL(asked);
  return protocol === 'http:' && answered.hostname !== hostname ? 'captive-page' : 'link-expired';
}

type Answer = Awaited<ReturnType<Ask>>;

/** Asks once more, plainly, where the total may be only the window's; takes the plain answer where they differ. */
async function crossChecked(answer: Answer, ask: Ask): Promise<Answer> {
  const total = answer.verdict.kind === 'part' ? answer.verdict.total : null;
  if (total === null || total % SUSPECT_TOTAL.multipleOf !== 0 || total > SUSPECT_TOTAL.most) return answer;
  let plain;
  try {
    plain = await ask(null);
  } catch {
    return answer;
  }
  const differs = plain.verdict.kind === 'whole' && plain.verdict.total !== null && plain.verdict.total > total;
  (differs ? answer : plain).exchange.connection.destroy();
  return differs ? plain : answer;
}

/** The first request of a run that goes on: where the journal ended, if the server still has the same file. */
export async function openAgain(
  spec: DownloadSpec,
  journal: DownloadJournal,
  ask: Ask,
  pool: BufferPool,
): Promise<Opening> {
  const file = await reopenPart(spec.folder, journal.name);
  const { size: onDisk } = await file.handle.stat();
  // Bytes that the journal knows and the file has not are fetched again (fault 67).
  const committed = journal.committed
    .map(([start, end]): [number, number] => [start, Math.min(end, onDisk)])
    .filter(([start, end]) => end > start);
  const part = new PartFile(file.handle, committed, pool);
  let opening: Opening | null = null;
  try {
    opening = await negotiate(spec, journal, part, ask);
    return opening;
  } finally {
    // Nobody else would close it where the run ends here.
    if (!opening || !('opened' in opening)) await file.handle.close();
  }
}

async function negotiate(spec: DownloadSpec, journal: DownloadJournal, part: PartFile, ask: Ask): Promise<Opening> {
  let { identity, resumability } = journal;
  const base = { name: journal.name, part, single: false, fromStart: false, note: null, first: null, digest: null };
  const size = identity.size;
  const gaps = part.written.missing(size ?? Infinity);
  // Bytes before a gap can prove an answer; the gap at byte 0 has none.
  const gap = gaps.find(([start]) => start > 0) ?? gaps[0];
  if (!gap) return { opened: { ...base, identity, resumability, size, missing: [] } };

  let condition: RangeAsk['condition'] = 'if-range';
  let etagVaries = false;
  // A server that knows no ranges may hang up on one (fault 21).
  let plain = resumability === 'no-ranges';
  for (;;) {
    const overlap = isProven(resumability) ? 0 : Math.min(gap[0], OVERLAP);
    const hasStrongDate = resumability === 'last-modified';
    const range: RangeAsk = { start: gap[0] - overlap, end: null, identity, hasStrongDate, condition };
    const { exchange, verdict } = await ask(plain ? null : range);
    // The plain answer has no range to be judged with.
    const changed = plain && verdict.kind === 'whole' ? difference(identity, exchange.head, verdict.total) : null;
    if (changed) {
      exchange.connection.destroy();
      return { verdict: { ...changed, onlyEtag: false } };
    }
    switch (verdict.kind) {
      case 'part': {
        const known = { identity, resumability };
        const isSame = provesSame(known, exchange.head);
        const nothingHere = part.written.total === 0;
        if (!isSame && !nothingHere && overlap === 0) {
          exchange.connection.destroy();
          // It does not say which version it is of: the bytes before the gap have to.
          if (gap[0] > 0) {
            resumability = 'size-only';
            continue;
          }
          if (!spec.checksum && !spec.pieces) return { verdict: UNPROVEN };
        }
        const total = size ?? verdict.total;
        const missing = part.written.missing(total ?? Infinity);
        // Of a file whose size was never told, a part without a total says nothing about the end, and one that adds no
        // byte proves none of those that are here: the plain answer decides.
        if (size === null && (total === null || missing.length === 0)) {
          exchange.connection.destroy();
          plain = true;
          continue;
        }
        const expected = overlap > 0 && !isSame ? await part.read(gap[0] - overlap, gap[0]) : null;
        const { finalUrl } = identityOf(exchange.head, exchange.url, total);
        const now = learnt(known, exchange, total, etagVaries);
        const first = { exchange, start: verdict.start, gap: gap[0], end: verdict.end, expected, learnt: now };
        if (missing.length === 0) exchange.connection.destroy();
        return {
          opened: {
            ...base,
            // What it says of itself holds once the bytes before the gap were found equal, or where there are none.
            ...(nothingHere ? now : known),
            identity: { ...(nothingHere ? now : known).identity, size: total, finalUrl },
            size: total,
            missing,
            note: etagVaries
              ? {
                  text: 'The server marks each answer as another version: bytes are compared instead',
                  level: 'warning',
                }
              : { text: `Going on at byte ${gap[0].toLocaleString('en')}`, level: 'info' },
            first: missing.length ? first : null,
          },
        };
      }
      case 'whole':
        if (verdict.total !== null && size === null && part.written.missing(verdict.total + 1).length === 0) {
          exchange.connection.destroy();
          return { verdict: SHORTER };
        }
        if (gap[0] === 0 && part.written.total > 0 && !provesSame({ identity, resumability }, exchange.head)) {
          exchange.connection.destroy();
          return { verdict: UNPROVEN };
        }
        return { opened: await takeWholeAgain(journal, part, exchange, verdict.total, resumability) };
      case 'nothing-more':
        exchange.connection.destroy();
        return { opened: { ...base, identity, resumability, size: verdict.total, missing: [] } };
      case 'changed':
        exchange.connection.destroy();
        // A new ETag with each token (fault 29): from here on bytes are compared instead.
        if (!verdict.onlyEtag || identity.etag === null) return { verdict };
        identity = { ...identity, etag: null };
        resumability = 'size-only';
        etagVaries = true;
        continue;
      case 'ask-without':
        exchange.connection.destroy();
        // A cache that drops Range when If-Range is there (fault 25): bare Range, and the answer is compared.
        if (verdict.what === 'condition' && condition !== 'none') condition = 'none';
        else if (!plain) plain = true;
        else return { verdict };
        continue;
      case 'refused':
        exchange.connection.destroy();
        if (verdict.failure.code === 'link-expired') {
          const failed = failure(strayPage(spec.url, exchange.url), verdict.failure.params);
          return { verdict: { kind: 'refused', failure: failed } };
        }
        return { verdict };
      default:
        exchange.connection.destroy();
        return { verdict };
    }
  }
}

/**
 * The server sends all of it again (fault 3): what is here is kept and skipped, where a validator or else the bytes before
 * the gap prove that it is the same file.
 */
async function takeWholeAgain(
  journal: DownloadJournal,
  part: PartFile,
  exchange: Exchange,
  total: number | null,
  resumability: Resumability,
): Promise<Opened> {
  const size = total ?? journal.identity.size;
  const nothingHere = part.written.total === 0;
  const known = { identity: journal.identity, resumability };
  const isSame = provesSame(known, exchange.head);
  // As long as what is here (fault 5): nothing is left to read, unless it has to be compared.
  if (size !== null && !isSame && part.written.covers(0, size)) part.reject(size - 1, size);
  const missing = part.written.missing(size ?? Infinity);
  if (missing.length === 0) exchange.connection.destroy();
  const gap = missing.find(([start]) => start > 0)?.[0] ?? 0;
  const expected = isSame || gap === 0 ? null : await part.read(Math.max(0, gap - OVERLAP), gap);
  const identity = { ...(nothingHere ? identityOf(exchange.head, exchange.url, size) : journal.identity), size };
  return {
    name: journal.name,
    part,
    identity,
    resumability,
    size,
    missing,
    first:
      missing.length === 0
        ? null
        : { exchange, start: 0, gap, end: Infinity, expected, learnt: { identity, resumability } },
    digest: null,
    single: true,
    fromStart: !isSame,
    note: { text: 'The server sends the whole file again: what is here is skipped', level: 'warning' },
  };
}
