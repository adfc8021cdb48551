import type { Catalog, Relation } from '../../../shared/database.ts';
import { relationKey, type RelationKey } from './work.ts';

/** One line of the tree. */
export type TreeRow =
  | {
      readonly kind: 'schema';
      readonly key: string;
      readonly name: string;
      readonly open: boolean;
      readonly count: number;
    }
  | {
      readonly kind: 'relation';
      readonly key: RelationKey;
      readonly relation: Relation;
      readonly level: 2 | 3;
      /** Null where nothing is below it. */
      readonly open: boolean | null;
    };

/** More relations than this, and a schema is folded at first. */
const many = 300;

/** What is unfolded before the person folds anything: all small schemas; partitions stay folded. */
export function unfoldedAtFirst({ schemas }: Catalog): Set<string> {
  const small = schemas.filter(({ relations }) => relations.length <= many);
  return new Set((small.length > 0 ? small : schemas.slice(0, 1)).map(({ name }) => name));
}

/** The lines of the tree. A filter leaves what holds each of its words, and unfolds all of it. */
export function treeRows({ schemas }: Catalog, unfolded: ReadonlySet<string>, filter: string): TreeRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const filtering = words.length > 0;
  return schemas.flatMap(({ name: schema, relations }): TreeRow[] => {
    const matches = ({ name }: Relation) => words.every((word) => `${schema}.${name}`.toLowerCase().includes(word));
    const found = filtering ? relations.filter(matches) : relations;
    if (filtering && found.length === 0) return [];
    const open = filtering || unfolded.has(schema);
    const head: TreeRow = { kind: 'schema', key: schema, name: schema, open, count: found.length };
    if (!open) return [head];
    const names = new Set(found.map(({ name }) => name));
    const below = Map.groupBy(found, ({ parent }) => (parent !== null && names.has(parent) ? parent : null));
    const line = (relation: Relation, level: 2 | 3): TreeRow[] => {
      const key = relationKey(schema, relation.name);
      const parts = level === 2 ? (below.get(relation.name) ?? []) : [];
      const isOpen = parts.length === 0 ? null : filtering || unfolded.has(key);
      const row: TreeRow = { kind: 'relation', key, relation, level, open: isOpen };
      return [row, ...(isOpen ? parts.flatMap((part) => line(part, 3)) : [])];
    };
    return [head, ...(below.get(null) ?? []).flatMap((relation) => line(relation, 2))];
  });
}
