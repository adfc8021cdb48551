import { givenHeaders } from '../add/options.ts';
import { parameterCount } from '../export/parameters.ts';
import type { ShareKind, ShareTarget } from '../../../shared/share.ts';

/** What is to be shared, while it is typed. Each kind reads what it needs of it. */
export interface TypedTarget {
  readonly kind: ShareKind;
  /** A path, a link, a query or the id of a job. */
  readonly of: string;
  /** Of a folder. */
  readonly hidden: boolean;
  readonly uploads: boolean;
  readonly uploadQuota: number | null;
  /** Of a remote: bytes that may be kept on disk. */
  readonly cache: number;
  /** Lines of “Name: value”. */
  readonly headers: string;
  /** Of a query. */
  readonly connection: string | null;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  /** Stands for $1, $2 … in the link. */
  readonly name: string;
  /** Holds where the link leaves it out; null: it has to be there. */
  readonly value: string | null;
}

export const typedTarget = (kind: ShareKind, of: string): TypedTarget => ({
  kind,
  of,
  hidden: false,
  uploads: false,
  uploadQuota: null,
  cache: 0,
  headers: '',
  connection: null,
  parameters: [],
});

const missing = {
  file: 'Say which file to share.',
  folder: 'Say which folder to share.',
  remote: 'Write the link to share.',
  query: 'Write a query.',
  job: 'Choose a download.',
  feed: 'Choose a capture.',
} as const satisfies Record<ShareKind, string>;

/** The sentence for the field of what is to be shared, where nothing is in it; else null. */
export const missingOf = ({ kind, of }: TypedTarget): string | null => (of.trim() === '' ? missing[kind] : null);

/** What was chosen, or the sentence that says what else is missing. */
export function targetOf(typed: TypedTarget): ShareTarget | string {
  const { kind, hidden, uploads, uploadQuota, cache, connection } = typed;
  const of = typed.of.trim();
  switch (kind) {
    case 'file':
      return { kind, path: of };
    case 'folder':
      return { kind, path: of, hidden, uploads, uploadQuota };
    case 'remote': {
      const given = givenHeaders(typed.headers);
      return given ? { kind, url: of, cache, ...given } : 'Correct the headers.';
    }
    case 'query': {
      if (connection === null) return 'Choose a connection.';
      const parameters = parametersOf(typed);
      const names = parameters.map(({ name }) => name);
      if (names.includes('')) return 'Each parameter needs a name.';
      if (new Set(names).size < names.length) return 'Two parameters have the same name.';
      return { kind, connection, sql: of, parameters };
    }
    case 'job':
    case 'feed':
      return { kind, job: of };
  }
}

/** A parameter for each of $1, $2 … in the query: as typed, else called p1, p2 … and without a value. */
export function parametersOf({ of, parameters }: TypedTarget): Parameter[] {
  return Array.from({ length: Math.min(parameterCount(of), 100) }, (_, i) => {
    const { name, value } = parameters[i] ?? { name: `p${i + 1}`, value: null };
    return { name: name.trim(), value };
  });
}
