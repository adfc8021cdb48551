/** Counts whole deliveries: previews and players ask many times for the same bytes, and those are one delivery. */
import { RangeSet } from '../download/index.ts';

/** Most readers and files that are kept in mind at once. */
const MOST = 256;
/** Bytes of an answer that was cut off that may never have left this computer: what a socket holds. */
const IN_FLIGHT = 4 * 2 ** 20;
/**
 * What broke off may have been read whole, and only its reader knows. Whoever took as many bytes as so many times the
 * whole has had it; of what has no size, so many answers.
 */
const BENEFIT_OF_DOUBT = 3;

/** What one answer brought. */
export interface Answered {
  readonly reader: string;
  readonly representation: string;
  /** Bytes of the whole; null where nobody knows before its end. */
  readonly size: number | null;
  /** The parts of it that went out. */
  readonly spans: readonly (readonly [start: number, end: number])[];
  readonly sent: number;
  /** True where its reader surely has all that was sent. */
  readonly isSure: boolean;
}

export class Coverage {
  readonly #known = new Map<string, { readonly got: RangeSet; taken: number }>();

  /** Notes an answer. True where its reader now has the whole: one delivery; counting begins anew. */
  add({ reader, representation, size, spans, sent, isSure }: Answered): boolean {
    const key = `${reader} ${representation}`;
    const known = this.#known.get(key) ?? { got: new RangeSet(), taken: 0 };
    // The newest last: the one forgotten first is the one that was quiet longest.
    this.#known.delete(key);
    if (size === null ? isSure : size === 0) return true;
    for (const [start, end] of spans) {
      const sure = isSure ? end : end - IN_FLIGHT;
      if (sure > start) known.got.add(start, sure);
    }
    known.taken += size === null ? 1 : sent;
    if (size !== null && known.got.covers(0, size)) return true;
    if (known.taken >= (size ?? 1) * BENEFIT_OF_DOUBT) return true;
    this.#known.set(key, known);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value!);
    return false;
  }
}
