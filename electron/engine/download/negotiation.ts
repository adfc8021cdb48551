/** How to go on with a download is asked of its server: question after question, each with what the answers before taught. */
import { failure, toFailure } from '../../../shared/failure.ts';
import type { Identity, Resumability } from '../../../shared/job.ts';
import type { BufferPool } from '../flow/index.ts';
import { difference, identityOf, resumabilityOf, type Exchange, type RangeAsk, type Verdict } from '../remote/index.ts';
import { digestOf } from './digests.ts';
import { strayPage, type Ask, type Opened, type Opening } from './opening.ts';
import type { PartFile } from './part-file.ts';
import { ETAG_VARIES, isProven, learnt, OVERLAP, provesSame, SHORTER, UNPROVEN, type Known } from './proof.ts';
import { compareStretches } from './stretches.ts';
import type { DownloadJournal, DownloadSpec } from './types.ts';

/** Stretches that are compared where no validator proves the file: its head, its middle and its end. */
const STRETCHES = 3;

/** What going on needs besides the job's own. */
export interface Means {
  readonly ask: Ask;
  readonly pool: BufferPool;
  /** Hosts that are known to drop Range where If-Range is there; more may be found. */
  readonly dropRange: Set<string>;
}

type Part = Extract<Verdict, { readonly kind: 'part' }>;

/** Asks until it is known how this download goes on, or why it does not. */
export async function negotiate(
  spec: DownloadSpec,
  journal: DownloadJournal,
  part: PartFile,
  means: Means,
): Promise<Opening> {
  const gaps = part.written.missing(journal.identity.size ?? Infinity);
  // Bytes before a gap can prove an answer; the gap at byte 0 has none.
  const gap = gaps.find(([start]) => start > 0) ?? gaps[0];
  const negotiation = new Negotiation(spec, journal, part, means, gap?.[0] ?? 0);
  if (!gap) return { opened: negotiation.opened({ size: journal.identity.size, missing: [] }) };
  for (;;) {
    const opening = await negotiation.ask();
    if (opening) return opening;
  }
}

/** What is known of the file and of its server, from one question to the next. */
class Negotiation {
  readonly #spec: DownloadSpec;
  readonly #name: string;
  readonly #part: PartFile;
  readonly #means: Means;
  /** Where the bytes are missing that are asked for. */
  readonly #gap: number;
  /** Bytes before them that are asked for once more, to be compared. */
  readonly #overlap: number;
  /** One that gave no parts before may do so now, and has to prove them by itself. */
  readonly #gaveNone: boolean;
  readonly #nothingHere: boolean;
  #known: Known;
  #etagVaries: boolean;
  #condition: RangeAsk['condition'];
  /** What the comparison of several stretches said, which comes first where no validator is known. */
  #compared: 'equal' | 'unasked' | null = null;
  /** True once it is another version that is fetched, of which nothing is here. */
  #isAnew = false;
  #wasBroken = false;
  /** The whole is asked for: the server does not understand ranges. */
  #plain = false;

  constructor(spec: DownloadSpec, journal: DownloadJournal, part: PartFile, means: Means, gap: number) {
    this.#spec = spec;
    this.#name = journal.name;
    this.#part = part;
    this.#means = means;
    this.#gap = gap;
    this.#overlap = Math.min(gap, OVERLAP);
    this.#gaveNone = journal.resumability === 'no-ranges';
    this.#nothingHere = part.written.total === 0;
    this.#known = { identity: journal.identity, resumability: journal.resumability };
    this.#etagVaries = journal.etagVaries ?? false;
    const host = URL.parse(journal.identity.finalUrl)?.hostname ?? '';
    this.#condition = this.#gaveNone || means.dropRange.has(host) ? 'none' : 'if-range';
  }

  /** A download that goes on: as it was known, but for what is `found`. */
  opened(found: Pick<Opened, 'size' | 'missing'> & Partial<Opened>): Opened {
    const common = { single: false, fromStart: false, note: null, first: null, digest: null };
    const { identity, resumability } = this.#known;
    const known = { identity, resumability, etagVaries: this.#etagVaries, isAnew: this.#isAnew };
    return { name: this.#name, part: this.#part, ...common, ...known, ...found };
  }

  /** Asks once. Null where the answer only taught how to ask next. */
  async ask(): Promise<Opening | null> {
    if (this.#known.resumability === 'size-only' && !this.#nothingHere && this.#compared === null) {
      const found = await compareStretches(this.#part, STRETCHES, this.#known.identity, this.#means, this.#start);
      if (found !== 'equal' && found !== 'unasked') return { verdict: found };
      this.#compared = found;
    }
    const answer = await this.#send();
    if (!answer) return null;
    const { exchange } = answer;
    let opening: Opening | null = null;
    try {
      opening = await this.#judge(exchange, this.#plain ? this.#withIdentity(answer) : answer.verdict);
      return opening;
    } finally {
      const isUsed = opening && 'opened' in opening && opening.opened.first !== null;
      if (!isUsed) exchange.connection.destroy();
    }
  }

  /** The byte from which on is asked for. */
  get #start(): number {
    return this.#gap - this.#overlap;
  }

  async #send(): Promise<Awaited<ReturnType<Ask>> | null> {
    const { identity, resumability } = this.#known;
    const hasStrongDate = resumability === 'last-modified';
    const place = { start: this.#start, end: null, gap: this.#gap };
    try {
      return await this.#means.ask(
        this.#plain ? null : { ...place, identity, hasStrongDate, condition: this.#condition },
      );
    } catch (error) {
      // A server that knows no ranges may hang up on one (fault 21).
      if (this.#plain || !this.#gaveNone || toFailure(error).code !== 'connection-lost') throw error;
      this.#plain = true;
      return null;
    }
  }

  /** The plain answer was judged without what is known. */
  #withIdentity({ exchange, verdict }: Awaited<ReturnType<Ask>>): Verdict {
    const changed = verdict.kind === 'whole' && difference(this.#known.identity, exchange.head, verdict.total);
    return changed ? { ...changed, onlyEtag: false } : verdict;
  }

  async #judge(exchange: Exchange, verdict: Verdict): Promise<Opening | null> {
    switch (verdict.kind) {
      case 'part':
        return this.#takePart(exchange, verdict);
      case 'whole':
        return this.#takeWhole(exchange, verdict.total);
      case 'nothing-more':
        return { opened: this.opened({ size: verdict.total, missing: [] }) };
      case 'changed':
        return this.#compareInstead(verdict.onlyEtag) ? null : { verdict };
      case 'ask-without':
        // A cache that drops Range when If-Range is there (fault 25): bare Range, and the answer is compared.
        if (verdict.what === 'condition' && this.#condition !== 'none') this.#condition = 'none';
        else if (!this.#plain) this.#plain = true;
        else return { verdict };
        return null;
      case 'broken':
        if (this.#plain) return { verdict };
        // What is wrong twice will be wrong again: the whole file is skipped up to what is missing.
        this.#plain = this.#wasBroken;
        this.#wasBroken = true;
        return null;
      case 'refused':
        if (verdict.failure.code !== 'link-expired') return { verdict };
        return {
          verdict: {
            kind: 'refused',
            failure: failure(strayPage(this.#spec.url, exchange.url), verdict.failure.params),
          },
        };
      default:
        return { verdict };
    }
  }

  /** It is marked as another version. False where that is the last word. */
  #compareInstead(onlyEtag: boolean): boolean {
    const { identity } = this.#known;
    if (this.#nothingHere && !this.#isAnew) {
      // Nothing of the old version is here that it could be mixed with.
      const unknown = { ...identity, size: null, etag: null, lastModified: null, coding: undefined };
      this.#known = { identity: unknown, resumability: 'unknown' };
      this.#isAnew = true;
      return true;
    }
    // A new ETag with each token (fault 29): from here on bytes are compared instead.
    if (!onlyEtag || identity.etag === null) return false;
    this.#known = { identity: { ...identity, etag: null }, resumability: 'size-only' };
    this.#etagVaries = true;
    return true;
  }

  async #takePart(exchange: Exchange, verdict: Part): Promise<Opening | null> {
    const { identity, resumability } = this.#known;
    const isSame = provesSame(this.#known, exchange.head);
    if (!isSame && !this.#nothingHere && this.#compared === null) {
      // It does not say which version it is of: bytes have to.
      this.#known = { identity, resumability: 'size-only' };
      return null;
    }
    const isChecked = this.#spec.checksum !== null || this.#spec.pieces !== undefined;
    if (!isSame && this.#compared === 'unasked' && this.#overlap === 0 && !isChecked) return { verdict: UNPROVEN };
    if (this.#condition === 'none' && !this.#gaveNone) this.#means.dropRange.add(exchange.url.hostname);
    const size = identity.size ?? verdict.total;
    const missing = this.#part.written.missing(size ?? Infinity);
    // Of a file whose size was never told, a part without a total says nothing about the end, and one that adds no byte
    // proves none of those that are here: the plain answer decides.
    if (identity.size === null && (size === null || missing.length === 0)) {
      this.#plain = true;
      return null;
    }
    const now = learnt(this.#known, exchange, size, this.#etagVaries);
    // What it says of itself holds once the bytes before the gap were found equal, or where there are none.
    const kept = this.#nothingHere ? now : this.#known;
    const { finalUrl } = identityOf(exchange.head, exchange.url, size);
    const expected = this.#overlap > 0 ? await this.#part.read(this.#start, this.#gap) : null;
    const proves = { expected, learnt: isSame ? null : now };
    const first = { exchange, start: verdict.start, gap: this.#gap, end: verdict.end, ...proves };
    return {
      opened: this.opened({
        size,
        missing,
        identity: { ...kept.identity, size, finalUrl },
        // Of the same version by its own word, it may tell now what it did not tell of the whole.
        resumability: isSame && !isProven(resumability) ? now.resumability : kept.resumability,
        digest: this.#isAnew ? digestOf(exchange.head) : null,
        note: this.#etagVaries
          ? { text: ETAG_VARIES, level: 'warning' }
          : { text: `Going on at byte ${this.#gap.toLocaleString('en')}`, level: 'info' },
        first: missing.length > 0 ? first : null,
      }),
    };
  }

  /**
   * The server sends all of it again (fault 3): what is here is kept and skipped, where a validator or else the bytes before
   * the gap prove that it is the same file.
   */
  async #takeWhole(exchange: Exchange, total: number | null): Promise<Opening> {
    const { written } = this.#part;
    const { head, url } = exchange;
    const isSame = provesSame(this.#known, head);
    const isShorter = total !== null && written.missing(total + 1).length === 0;
    if (isShorter && this.#known.identity.size === null) return { verdict: SHORTER };
    if (this.#gap === 0 && !this.#nothingHere && !isSame) return { verdict: UNPROVEN };
    const size = total ?? this.#known.identity.size;
    // As long as what is here (fault 5): nothing is left to read, unless it has to be compared.
    if (size !== null && !isSame && written.covers(0, size)) this.#part.reject(size - 1, size);
    const missing = written.missing(size ?? Infinity);
    const gap = (isSame ? missing[0] : missing.find(([start]) => start > 0))?.[0] ?? 0;
    const expected = gap === 0 ? null : await this.#part.read(Math.max(0, gap - OVERLAP), gap);
    const said = this.#nothingHere ? identityOf(head, url, size) : this.#known.identity;
    const identity: Identity = { ...said, size };
    const resumability: Resumability = this.#nothingHere
      ? resumabilityOf(head, { kind: 'whole', total })
      : this.#known.resumability;
    const proves = { expected, learnt: isSame ? null : { identity, resumability } };
    return {
      opened: this.opened({
        size,
        missing,
        identity,
        resumability,
        single: true,
        fromStart: !isSame,
        note: { text: 'The server sends the whole file again: what is here is skipped', level: 'warning' },
        first: missing.length > 0 ? { exchange, start: 0, gap, end: Infinity, ...proves } : null,
      }),
    };
  }
}
