import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ExportSource } from '../../../shared/database.ts';
import { parameterCount } from './parameters.ts';

/** What a person has chosen and written for one connection. It stays while the window is open. */
export interface Work {
  readonly mode: 'tables' | 'sql';
  readonly filter: string;
  /** Schemas and partitioned tables that are unfolded; null: those that are at first. */
  readonly unfolded: ReadonlySet<string> | null;
  /** The relation that is looked at. */
  readonly focused: RelationKey | null;
  /** Those that are to be exported together. */
  readonly checked: ReadonlySet<RelationKey>;
  /** Columns that are left out, by relation. */
  readonly leftOut: ReadonlyMap<RelationKey, ReadonlySet<string>>;
  /** A condition, by relation. */
  readonly where: ReadonlyMap<RelationKey, string>;
  readonly sql: string;
  /** Values of $1, $2 …; null is NULL. */
  readonly parameters: readonly (string | null)[];
}

/** Schema and name of a relation as one text. */
export type RelationKey = string;
/** No identifier holds this one (PostgreSQL manual, 4.1.1: no NUL). */
const between = '\0';
export const relationKey = (schema: string, name: string): RelationKey => `${schema}${between}${name}`;
export function partsOf(key: RelationKey): { schema: string; name: string } {
  const at = key.indexOf(between);
  return { schema: key.slice(0, at), name: key.slice(at + 1) };
}

export const noWork: Work = {
  mode: 'tables',
  filter: '',
  unfolded: null,
  focused: null,
  checked: new Set(),
  leftOut: new Map(),
  where: new Map(),
  sql: '',
  parameters: [],
};

/** By connection. */
export type WorksStore = StoreApi<ReadonlyMap<string, Work>>;
export const createWorks = (): WorksStore => createStore<ReadonlyMap<string, Work>>(() => new Map());

/**
 * What is to be read, as it was chosen; null where nothing is.
 * @param columns All columns of the relation, where they are known.
 */
export function sourceOf(work: Work, columns: readonly string[] | null): ExportSource | null {
  if (work.mode === 'sql') {
    if (!work.sql.trim()) return null;
    const parameters = Array.from({ length: parameterCount(work.sql) }, (_, i) => work.parameters[i] ?? null);
    return { kind: 'query', sql: work.sql, parameters, key: null };
  }
  if (work.checked.size > 1) return { kind: 'tables', tables: [...work.checked].map(partsOf) };
  const [only] = work.checked;
  const key = only ?? work.focused;
  return key === null ? null : tableSource(work, key, key === work.focused ? columns : null);
}

/** One relation, with its columns and its condition. */
export function tableSource(work: Work, key: RelationKey, columns: readonly string[] | null): ExportSource {
  const leftOut = work.leftOut.get(key);
  const kept = leftOut && leftOut.size > 0 ? (columns?.filter((name) => !leftOut.has(name)) ?? null) : null;
  const where = work.where.get(key)?.trim();
  return {
    kind: 'table',
    ...partsOf(key),
    columns: kept && kept.length > 0 ? kept : null,
    where: where ? where : null,
  };
}
