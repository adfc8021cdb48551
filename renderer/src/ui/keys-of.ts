/**
 * The keys of a table of words, in its order: what a choice offers. The lists in shared/ stand among schemas, and the
 * window loads no schema library.
 */
export function keysOf<K extends string>(words: Readonly<Record<K, unknown>>): readonly K[] {
  return Object.keys(words) as K[];
}
