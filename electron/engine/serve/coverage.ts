/** Counts whole deliveries: previews and players ask many times for the same bytes, and those are one delivery. */
import { RangeSet } from '../download/index.ts';

/** Most readers and files that are kept in mind at once. */
const MOST = 256;

export class Coverage {
  readonly #sets = new Map<string, RangeSet>();

  /**
   * Notes that bytes [start, end) of a representation went to a reader. True where that reader now has all `size` bytes:
   * one delivery; counting begins anew.
   */
  add(reader: string, representation: string, size: number, start: number, end: number): boolean {
    const key = `${reader} ${representation}`;
    const set = this.#sets.get(key) ?? new RangeSet();
    // The newest last: the one forgotten first is the one that was quiet longest.
    this.#sets.delete(key);
    set.add(start, end);
    if (set.covers(0, size)) return true;
    this.#sets.set(key, set);
    if (this.#sets.size > MOST) this.#sets.delete(this.#sets.keys().next().value!);
    return false;
  }
}
