/** What a folder of a share holds, as far as it is shown: read once, checked by the folder's time, sorted without haste. */
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PART_SUFFIX } from '../files/index.ts';
import { TICK } from './open-files.ts';
import { throughFolder } from './real-place.ts';
import { isServableName } from './request-target.ts';

export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface EntryFacts extends Entry {
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** Ms since the epoch. */
  readonly modified: number;
}

export const sortKeys = ['name', 'size', 'date'] as const;
export type SortKey = (typeof sortKeys)[number];

/** Ms for which an order by size or date is good enough; sizes and dates themselves are looked at for every page. */
const FRESH = 5_000;
/** Folders whose entries are kept for the next page. */
const MOST_KEPT = 4;
/** Entries that are looked at on the disk at once. */
const AT_ONCE = 64;
/** Entries that are sorted in one go: the loop has other work. */
const SLICE = 2_000;
/** Names that are sorted as people count; more by their characters alone, which is many times faster. */
const MOST_COLLATED = 10_000;

/** True for names that a share shows: not hidden unless it says so, and nothing unfinished. */
export function isShown(name: string, hidden: boolean): boolean {
  return isServableName(name) && (hidden || !name.startsWith('.')) && !name.endsWith(PART_SUFFIX);
}

/** True where the path is a folder under its one true name: no symbolic link on the way, no other spelling. */
export async function isPlainFolder(path: string): Promise<boolean> {
  try {
    return (await realpath(path)) === path && (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** A folder as it was read. */
interface Kept {
  readonly stamp: bigint;
  readonly entries: readonly Entry[];
  /** For the orders that need them, and when they were asked for. */
  facts: Promise<readonly EntryFacts[]> | null;
  askedAt: number;
}

export class FolderEntries {
  readonly #hidden: boolean;
  readonly #kept = new Map<string, Kept>();
  /** Folders that are being read, as they were when that began: for all who ask meanwhile. */
  readonly #reading = new Map<string, { readonly stamp: bigint; readonly kept: Promise<Kept> }>();

  constructor(hidden: boolean) {
    this.#hidden = hidden;
  }

  /** The entries of one page, [from, to), and how many there are in all. Folders come first. */
  async page(
    path: string,
    sort: SortKey,
    descending: boolean,
    from: number,
    to: number,
  ): Promise<{ entries: EntryFacts[]; total: number }> {
    const kept = await this.#read(path);
    const sign = descending ? -1 : 1;
    if (sort === 'name') {
      const sorted = descending ? kept.entries.toReversed() : kept.entries;
      return { entries: await factsIn(path, sorted.slice(from, to)), total: sorted.length };
    }
    const facts = await orderFacts(path, kept);
    const value = (one: EntryFacts) => (sort === 'size' ? one.size : one.modified);
    const sorted = await sortSlowly(
      facts,
      (a, b) => Number(b.isFolder) - Number(a.isFolder) || sign * (value(a) - value(b)),
    );
    return { entries: await factsIn(path, sorted.slice(from, to)), total: sorted.length };
  }

  async #read(path: string): Promise<Kept> {
    const looked = BigInt(Date.now()) * 1_000_000n;
    const { mtimeNs } = await stat(path, { bigint: true });
    const known = this.#kept.get(path);
    this.#kept.delete(path);
    if (known?.stamp === mtimeNs) {
      this.#kept.set(path, known);
      return known;
    }
    // Within the file system's tick another change may hide behind the same time.
    const isSettled = mtimeNs + TICK < looked;
    const running = this.#reading.get(path);
    if (isSettled && running?.stamp === mtimeNs) return running.kept;
    const read = { stamp: mtimeNs, kept: throughFolder(path, (at) => this.#readAnew(at, mtimeNs)) };
    if (isSettled) this.#reading.set(path, read);
    try {
      const kept = await read.kept;
      if (isSettled) this.#kept.set(path, kept);
      if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
      return kept;
    } finally {
      if (this.#reading.get(path) === read) this.#reading.delete(path);
    }
  }

  async #readAnew(path: string, stamp: bigint): Promise<Kept> {
    const entries: Entry[] = [];
    // In portions: a hundred thousand names at once would hold everybody up.
    for await (const one of await opendir(path, { bufferSize: 512 })) {
      // Symbolic links, FIFOs, devices and sockets are neither.
      if ((one.isFile() || one.isDirectory()) && isShown(one.name, this.#hidden)) {
        entries.push({ name: one.name, isFolder: one.isDirectory() });
      }
    }
    const compare = entries.length > MOST_COLLATED ? byCodeUnit : byCollation;
    const sorted = await sortSlowly(
      entries,
      (a, b) => Number(b.isFolder) - Number(a.isFolder) || compare(a.name, b.name),
    );
    return { stamp, entries: sorted, facts: null, askedAt: 0 };
  }
}

/** What an order is made by: the last answer at once, where there is one, and a new one in the meantime. */
async function orderFacts(path: string, kept: Kept): Promise<readonly EntryFacts[]> {
  const known = kept.facts;
  if (known && performance.now() - kept.askedAt < FRESH) return known;
  kept.askedAt = performance.now();
  const asked = factsIn(path, kept.entries);
  kept.facts ??= asked;
  const settle = (facts: Kept['facts']) => () => (kept.facts = facts);
  void asked.then(settle(asked), settle(null));
  return kept.facts;
}

const collator = new Intl.Collator('en', { numeric: true });
const byCollation = (a: string, b: string) => collator.compare(a, b);
const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function factsIn(path: string, entries: readonly Entry[]): Promise<EntryFacts[]> {
  return throughFolder(path, (at) => factsOf(at, entries));
}

async function factsOf(path: string, entries: readonly Entry[]): Promise<EntryFacts[]> {
  const facts: EntryFacts[] = [];
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const looked = entries.slice(at, at + AT_ONCE).map(async (entry): Promise<EntryFacts[]> => {
      const found = await lstat(join(path, entry.name)).catch(() => null);
      // Gone since the folder was read.
      if (!found) return [];
      return [{ ...entry, size: entry.isFolder ? 0 : found.size, modified: found.mtimeMs }];
    });
    facts.push(...(await Promise.all(looked)).flat());
  }
  return facts;
}

/** Sorts in slices, and merges them, letting others work in between. Stable. */
async function sortSlowly<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += SLICE) {
    runs.push(items.slice(at, at + SLICE).toSorted(compare));
    if (items.length > SLICE) await setImmediate();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [left = [], right = []] = [runs[at], runs[at + 1]];
      merged.push(merge(left, right, compare));
      await setImmediate();
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function merge<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): T[] {
  const out: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) out.push(compare(left[l]!, right[r]!) <= 0 ? left[l++]! : right[r++]!);
  while (l < left.length) out.push(left[l++]!);
  while (r < right.length) out.push(right[r++]!);
  return out;
}
