/** How a download begins that goes on: what is here is kept where the server proves to have the same file still. */
import { failure } from '../../../shared/failure.ts';
import type { Resumability } from '../../../shared/job.ts';
import { reopenPart } from '../files/index.ts';
import type { BufferPool } from '../flow/index.ts';
import { difference, identityOf, type Exchange, type RangeAsk } from '../remote/index.ts';
import { strayPage, type Ask, type Opened, type Opening } from './opening.ts';
import { PartFile } from './part-file.ts';
import { isProven, learnt, OVERLAP, provesSame, SHORTER, UNPROVEN } from './proof.ts';
import type { DownloadJournal, DownloadSpec } from './types.ts';

/**
 * The first request of a run that goes on: where the journal ended, if the server still has the same file.
 * @param dropRange hosts that are known to drop Range where If-Range is there; more may be found
 */
export async function openAgain(
  spec: DownloadSpec,
  journal: DownloadJournal,
  ask: Ask,
  pool: BufferPool,
  dropRange: Set<string>,
): Promise<Opening> {
  const file = await reopenPart(spec.folder, journal.name, journal.born);
  const { size: onDisk } = await file.handle.stat();
  // Bytes that the journal knows and the file has not are fetched again (fault 67).
  const committed = journal.committed
    .map(([start, end]): [number, number] => [start, Math.min(end, onDisk)])
    .filter(([start, end]) => end > start);
  const part = new PartFile(file.handle, committed, pool, file.born);
  let opening: Opening | null = null;
  try {
    opening = await negotiate(spec, journal, part, ask, dropRange);
    return opening;
  } finally {
    // Nobody else would close it where the run ends here.
    if (!opening || !('opened' in opening)) await file.handle.close();
  }
}

async function negotiate(
  spec: DownloadSpec,
  journal: DownloadJournal,
  part: PartFile,
  ask: Ask,
  dropRange: Set<string>,
): Promise<Opening> {
  let { identity, resumability } = journal;
  const base = { name: journal.name, part, single: false, fromStart: false, note: null, first: null, digest: null };
  const size = identity.size;
  const gaps = part.written.missing(size ?? Infinity);
  // Bytes before a gap can prove an answer; the gap at byte 0 has none.
  const gap = gaps.find(([start]) => start > 0) ?? gaps[0];
  if (!gap) return { opened: { ...base, identity, resumability, size, missing: [] } };

  const host = URL.parse(identity.finalUrl)?.hostname ?? '';
  let condition: RangeAsk['condition'] = dropRange.has(host) ? 'none' : 'if-range';
  let etagVaries = false;
  // A server that knows no ranges may hang up on one (fault 21).
  let plain = resumability === 'no-ranges';
  for (;;) {
    const overlap = isProven(resumability) ? 0 : Math.min(gap[0], OVERLAP);
    const hasStrongDate = resumability === 'last-modified';
    const range: RangeAsk = { start: gap[0] - overlap, end: null, gap: gap[0], identity, hasStrongDate, condition };
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
        if (condition === 'none') dropRange.add(exchange.url.hostname);
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
