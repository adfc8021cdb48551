/** How a download begins that goes on: what is here is kept where the server proves to have the same file still. */
import { failure, SluiceError, toFailure } from '../../../shared/failure.ts';
import type { Identity, Resumability } from '../../../shared/job.ts';
import { PART_SUFFIX, reopenPart, type Part } from '../files/index.ts';
import type { BufferPool } from '../flow/index.ts';
import { difference, identityOf, resumabilityOf, type Exchange, type RangeAsk } from '../remote/index.ts';
import { digestOf } from './digests.ts';
import { strayPage, type Ask, type Opening } from './opening.ts';
import { PartFile } from './part-file.ts';
import { ETAG_VARIES, isProven, learnt, OVERLAP, provesSame, SHORTER, UNPROVEN, type Known } from './proof.ts';
import { compareStretches } from './stretches.ts';
import type { DownloadJournal, DownloadSpec } from './types.ts';

/** Stretches that are compared where no validator proves the file: its head, its middle and its end. */
const STRETCHES = 3;
/** The same where the part file itself may be another's. */
const STRETCHES_OF_STRANGER = 9;

/** What going on needs besides the job's own. */
interface Means {
  readonly ask: Ask;
  readonly pool: BufferPool;
  /** Hosts that are known to drop Range where If-Range is there; more may be found. */
  readonly dropRange: Set<string>;
}

/** The first request of a run that goes on: where the journal ended, if the server still has the same file. */
export async function openAgain(spec: DownloadSpec, journal: DownloadJournal, means: Means): Promise<Opening> {
  const { file, isStranger } = await reopen(spec, journal);
  const { size: onDisk } = await file.handle.stat();
  // Bytes that the journal knows and the file has not are fetched again (fault 67).
  const committed = journal.committed
    .map(([start, end]): [number, number] => [start, Math.min(end, onDisk)])
    .filter(([start, end]) => end > start);
  const part = new PartFile(file.handle, committed, means.pool, file.born);
  let opening: Opening | null = null;
  try {
    if (isStranger) opening = await recognise(journal, part, means);
    opening ??= await negotiate(spec, journal, part, means);
    return opening;
  } finally {
    // Nobody else would close it where the run ends here.
    if (!opening || !('opened' in opening)) await file.handle.close();
  }
}

/** The part file of the journal. One that was made at another time may be another's, or have come out of a backup. */
async function reopen(
  { folder }: DownloadSpec,
  { name, born }: DownloadJournal,
): Promise<{ readonly file: Part; readonly isStranger: boolean }> {
  try {
    return { file: await reopenPart(folder, name, born), isStranger: false };
  } catch (error) {
    if (toFailure(error).code !== 'part-missing') throw error;
    return { file: await reopenPart(folder, name), isStranger: true };
  }
}

/**
 * Compares a part file that may be another's with what the server has: null where it holds what the journal says.
 * @throws part-missing
 */
async function recognise(journal: DownloadJournal, part: PartFile, means: Means): Promise<Opening | null> {
  const { name, committed, identity } = journal;
  const isWhole = part.written.total === committed.reduce((sum, [start, end]) => sum + end - start, 0);
  const found = isWhole ? await compareStretches(part, STRETCHES_OF_STRANGER, identity, means) : 'unasked';
  if (found === 'equal') return null;
  if (found === 'unasked' || found.kind === 'changed')
    throw new SluiceError('part-missing', { part: name + PART_SUFFIX });
  return { verdict: found };
}

async function negotiate(spec: DownloadSpec, journal: DownloadJournal, part: PartFile, means: Means): Promise<Opening> {
  const { ask, dropRange } = means;
  let { identity, resumability } = journal;
  let etagVaries = journal.etagVaries ?? false;
  const base = { name: journal.name, part, single: false, fromStart: false, note: null, first: null, digest: null };
  const nothingHere = part.written.total === 0;
  const gaps = part.written.missing(identity.size ?? Infinity);
  // Bytes before a gap can prove an answer; the gap at byte 0 has none.
  const gap = gaps.find(([start]) => start > 0) ?? gaps[0];
  if (!gap) {
    const { size } = identity;
    return { opened: { ...base, identity, resumability, etagVaries, isAnew: false, size, missing: [] } };
  }
  const overlap = Math.min(gap[0], OVERLAP);

  const host = URL.parse(identity.finalUrl)?.hostname ?? '';
  // One that gave no parts before may do so now, and has to prove them by itself.
  const gaveNone = resumability === 'no-ranges';
  let condition: RangeAsk['condition'] = gaveNone || dropRange.has(host) ? 'none' : 'if-range';
  /** What the comparison of several stretches said, which comes first where no validator is known. */
  let compared: 'equal' | 'unasked' | null = null;
  let isAnew = false;
  let wasBroken = false;
  let plain = false;
  for (;;) {
    if (resumability === 'size-only' && !nothingHere && compared === null) {
      const found = await compareStretches(part, STRETCHES, identity, means, gap[0] - overlap);
      if (found !== 'equal' && found !== 'unasked') return { verdict: found };
      compared = found;
    }
    const hasStrongDate = resumability === 'last-modified';
    const range: RangeAsk = { start: gap[0] - overlap, end: null, gap: gap[0], identity, hasStrongDate, condition };
    let answer: Awaited<ReturnType<Ask>>;
    try {
      answer = await ask(plain ? null : range);
    } catch (error) {
      // A server that knows no ranges may hang up on one (fault 21).
      if (plain || !gaveNone || toFailure(error).code !== 'connection-lost') throw error;
      plain = true;
      continue;
    }
    const { exchange } = answer;
    // The plain answer has no range to be judged with.
    const said = plain && answer.verdict.kind === 'whole' ? answer.verdict : null;
    const changed = said && difference(identity, exchange.head, said.total);
    const verdict = changed ? { ...changed, onlyEtag: false } : answer.verdict;
    switch (verdict.kind) {
      case 'part': {
        const known = { identity, resumability };
        const isSame = provesSame(known, exchange.head);
        if (!isSame && !nothingHere && compared === null) {
          exchange.connection.destroy();
          // It does not say which version it is of: bytes have to.
          resumability = 'size-only';
          continue;
        }
        if (!isSame && compared === 'unasked' && overlap === 0 && !spec.checksum && !spec.pieces) {
          exchange.connection.destroy();
          return { verdict: UNPROVEN };
        }
        if (condition === 'none' && !gaveNone) dropRange.add(exchange.url.hostname);
        const total = identity.size ?? verdict.total;
        const missing = part.written.missing(total ?? Infinity);
        // Of a file whose size was never told, a part without a total says nothing about the end, and one that adds no
        // byte proves none of those that are here: the plain answer decides.
        if (identity.size === null && (total === null || missing.length === 0)) {
          exchange.connection.destroy();
          plain = true;
          continue;
        }
        const { finalUrl } = identityOf(exchange.head, exchange.url, total);
        const now = learnt(known, exchange, total, etagVaries);
        const expected = overlap > 0 ? await part.read(gap[0] - overlap, gap[0]) : null;
        const first = {
          exchange,
          start: verdict.start,
          gap: gap[0],
          end: verdict.end,
          expected,
          learnt: isSame ? null : now,
        };
        if (missing.length === 0) exchange.connection.destroy();
        // What it says of itself holds once the bytes before the gap were found equal, or where there are none.
        const kept = nothingHere ? now : known;
        return {
          opened: {
            ...base,
            // Of the same version by its own word, it may tell now what it did not tell of the whole.
            resumability: isSame && !isProven(resumability) ? now.resumability : kept.resumability,
            identity: { ...kept.identity, size: total, finalUrl },
            etagVaries,
            isAnew,
            digest: isAnew ? digestOf(exchange.head) : null,
            size: total,
            missing,
            note: etagVaries
              ? { text: ETAG_VARIES, level: 'warning' }
              : { text: `Going on at byte ${gap[0].toLocaleString('en')}`, level: 'info' },
            first: missing.length ? first : null,
          },
        };
      }
      case 'whole':
        if (verdict.total !== null && identity.size === null && part.written.missing(verdict.total + 1).length === 0) {
          exchange.connection.destroy();
          return { verdict: SHORTER };
        }
        if (gap[0] === 0 && !nothingHere && !provesSame({ identity, resumability }, exchange.head)) {
          exchange.connection.destroy();
          return { verdict: UNPROVEN };
        }
        return {
          opened: {
            ...base,
            ...(await takeWholeAgain({ identity, resumability }, part, exchange, verdict.total)),
            etagVaries,
            isAnew,
          },
        };
      case 'nothing-more':
        exchange.connection.destroy();
        return {
          opened: { ...base, identity, resumability, etagVaries, isAnew, size: verdict.total, missing: [] },
        };
      case 'changed':
        exchange.connection.destroy();
        if (nothingHere && !isAnew) {
          // Nothing of the old version is here that it could be mixed with.
          identity = { ...identity, size: null, etag: null, lastModified: null, coding: undefined };
          resumability = 'unknown';
          isAnew = true;
          continue;
        }
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
      case 'broken':
        exchange.connection.destroy();
        if (plain) return { verdict };
        // What is wrong twice will be wrong again: the whole file is skipped up to what is missing.
        plain = wasBroken;
        wasBroken = true;
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
async function takeWholeAgain(known: Known, part: PartFile, exchange: Exchange, total: number | null) {
  const size = total ?? known.identity.size;
  const nothingHere = part.written.total === 0;
  const isSame = provesSame(known, exchange.head);
  // As long as what is here (fault 5): nothing is left to read, unless it has to be compared.
  if (size !== null && !isSame && part.written.covers(0, size)) part.reject(size - 1, size);
  const missing = part.written.missing(size ?? Infinity);
  if (missing.length === 0) exchange.connection.destroy();
  const gap = (isSame ? missing[0] : missing.find(([start]) => start > 0))?.[0] ?? 0;
  const expected = gap === 0 ? null : await part.read(Math.max(0, gap - OVERLAP), gap);
  const identity: Identity = {
    ...(nothingHere ? identityOf(exchange.head, exchange.url, size) : known.identity),
    size,
  };
  const resumability: Resumability = nothingHere
    ? resumabilityOf(exchange.head, { kind: 'whole', total })
    : known.resumability;
  return {
    identity,
    resumability,
    size,
    missing,
    first:
      missing.length === 0
        ? null
        : { exchange, start: 0, gap, end: Infinity, expected, learnt: isSame ? null : { identity, resumability } },
    single: true,
    fromStart: !isSame,
    note: { text: 'The server sends the whole file again: what is here is skipped', level: 'warning' },
  } as const;
}
