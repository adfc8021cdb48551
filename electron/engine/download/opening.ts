import { failure, toFailure } from '../../../shared/failure.ts';
import type { Checksum, Identity, Ranges, Resumability } from '../../../shared/job.ts';
import { nameFromContentDisposition, nameFromUrl, openPart, safeFileName } from '../files/index.ts';
import type { BufferPool } from '../flow/index.ts';
import {
  field,
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
import type { Known } from './proof.ts';
import type { DownloadSpec } from './types.ts';

/** An answered request whose body begins the transfer. */
export interface First {
  readonly exchange: Exchange;
  /** Byte of the representation with which the body begins. */
  readonly start: number;
  /** Where the part ends that it was proven to be; Infinity for a whole. */
  readonly end: number;
  /** Where the gap begins that it fills. */
  readonly gap: number;
  /** The bytes just before the gap, as they are on the disk, where there are any: they are compared (fault 28). */
  readonly expected: Buffer | null;
  /** What is known once they were found equal; null where the answer proves itself, and only the disk is checked by it. */
  readonly learnt: Known | null;
}

/** A download that may begin: who answered, which file, what is missing. */
export interface Opened {
  readonly name: string;
  readonly part: PartFile;
  readonly identity: Identity;
  readonly resumability: Resumability;
  /** Each answer has another ETag: it tells nothing. */
  readonly etagVaries: boolean;
  /** Nothing was here yet of an older version: what was known of that holds no more. */
  readonly isAnew: boolean;
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
        part: new PartFile(opened.handle, [], pool, opened.born),
        identity,
        resumability,
        etagVaries: false,
        isAnew: false,
        size: total,
        missing: total === 0 ? [] : [[0, total ?? Infinity]],
        first: total === 0 ? null : { exchange, start: 0, gap: 0, end, expected: null, learnt: null },
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
export function strayPage(asked: string, answered: URL): 'captive-page' | 'link-expired' {
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
