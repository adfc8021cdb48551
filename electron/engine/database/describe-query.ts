/** What a statement gives and takes, found by the server without running it. */
import type { EventEmitter } from 'node:events';
import type { Submittable } from 'pg';
import type { Description } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import type { PortalColumn, PortalSession } from './portal-types.ts';
import { sqlFailure } from './sql-failure.ts';

export interface QueryDescription {
  /** Empty where it gives no rows. */
  readonly columns: readonly PortalColumn[];
  /** Types of $1, $2 … as PostgreSQL writes them. */
  readonly parameters: readonly string[];
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** Names of types, and which are more than a scalar to json (`json_categorize_type` in PostgreSQL's jsonfuncs.c). */
const TYPES = `
  SELECT pg_catalog.format_type(w.oid, w.modifier) AS name,
    (t.typtype = 'c' OR t.typcategory = 'A' OR t.oid IN (2249, 2287) OR t.oid >= 16384 AND EXISTS (
      SELECT FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 114 AND c.castmethod = 'f'
    ))::int::text AS nested
  FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY w (oid, modifier, n)
  JOIN pg_catalog.pg_type t ON t.oid = w.oid ORDER BY w.n`;

/**
 * What a query gives and takes, without running it.
 * @throws DatabaseError (of pg), as the server sent it: the place in the SQL is its `position`
 */
export async function describeQuery({ client }: PortalSession, sql: string): Promise<QueryDescription> {
  const description = new Describe(sql);
  client.query(description);
  const { fields, parameters } = await description.done.promise;
  const all = [...fields, ...parameters.map((oid) => ({ dataTypeID: oid, dataTypeModifier: -1 }))];
  if (all.length === 0) return { columns: [], parameters: [] };
  const { rows } = await client.query<{ name: string; nested: string | number }>(TYPES, [
    `{${all.map((one) => one.dataTypeID).join()}}`,
    `{${all.map((one) => one.dataTypeModifier).join()}}`,
  ]);
  const columns = fields.map(({ name, dataTypeID, dataTypeModifier }, index) => ({
    name,
    oid: dataTypeID,
    modifier: dataTypeModifier,
    type: rows[index]?.name ?? 'unknown',
    nested: Number(rows[index]?.nested) === 1,
  }));
  return { columns, parameters: rows.slice(fields.length).map((row) => row.name) };
}

/**
 * Values for as many parameters as the server found. Those who can only look at the text may count more, as in a comment
 * inside a comment: values that nobody gave (NULL) are left out then.
 * @throws bad-input where the number is another
 */
export function fitParameters(
  values: readonly (string | null)[],
  { parameters }: Pick<QueryDescription, 'parameters'>,
): (string | null)[] {
  const wanted = parameters.length;
  if (values.length === wanted || (values.slice(wanted).every((value) => value === null) && values.length > wanted)) {
    return values.slice(0, wanted);
  }
  const detail = `The query has ${wanted} parameters ($1, $2 …), and ${values.length} values were given.`;
  throw new SluiceError('bad-input', { detail });
}

/**
 * Columns and parameters of what a person typed.
 * @throws sql-error with its place in `sql`
 */
export async function describe(session: PortalSession, sql: string): Promise<Description> {
  try {
    const { columns, parameters } = await describeQuery(session, sql);
    return { columns: columns.map(({ name, type }) => ({ name, type })), parameters: [...parameters] };
  } catch (error) {
    throw sqlFailure(error, sql);
  }
}

/** Parse and Describe, as pg runs it between two queries. */
class Describe implements Submittable {
  readonly done = Promise.withResolvers<{ fields: readonly Field[]; parameters: readonly number[] }>();
  readonly #sql: string;
  #fields: readonly Field[] = [];
  #parameters: readonly number[] = [];
  #failed = false;

  constructor(sql: string) {
    this.#sql = sql;
  }

  submit(connection: unknown): void {
    const wire = connection as EventEmitter & {
      parse(query: { readonly text: string }): void;
      describe(what: { readonly type: 'S' }): void;
      sync(): void;
    };
    const onParameters = (message: { readonly dataTypeIDs: readonly number[] }) => {
      this.#parameters = message.dataTypeIDs;
    };
    // An error comes instead of it.
    wire.once('parameterDescription', onParameters);
    this.done.promise.catch(() => wire.off('parameterDescription', onParameters));
    wire.parse({ text: this.#sql });
    wire.describe({ type: 'S' });
    wire.sync();
  }

  handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    this.#fields = message.fields;
  }

  handleError(error: Error): void {
    this.#failed = true;
    this.done.reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#failed) this.done.resolve({ fields: this.#fields, parameters: this.#parameters });
  }
}
