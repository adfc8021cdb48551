/** What a statement gives and takes, found by the server's parser and planner without running it. */
import type { Client, Submittable } from 'pg';
import type { Description } from '../../../shared/database.ts';
import type { Session } from './connect.ts';
import { sqlFailure } from './sql-failure.ts';

interface Described {
  readonly parameters: readonly number[];
  /** Null: the statement gives no rows. */
  readonly fields:
    readonly { readonly name: string; readonly dataTypeID: number; readonly dataTypeModifier: number }[] | null;
}

/**
 * Columns and parameters of a statement.
 * @throws sql-error with its place in `sql`
 */
export async function describe({ client }: Session, sql: string): Promise<Description> {
  const { fields, parameters } = await parseAndDescribe(client, sql).catch((error: unknown) => {
    throw sqlFailure(error, sql);
  });
  const asked = [
    ...(fields ?? []).map((field) => [field.dataTypeID, field.dataTypeModifier]),
    ...parameters.map((oid) => [oid, -1]),
  ];
  const types = await typeNames(client, asked);
  const columns = (fields ?? []).map(({ name }, n) => ({ name, type: types[n] ?? '' }));
  return { columns, parameters: types.slice(columns.length) };
}

async function typeNames(client: Client, types: readonly (readonly number[])[]): Promise<string[]> {
  if (types.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `SELECT format_type((t ->> 0)::oid, (t ->> 1)::int) AS name
     FROM json_array_elements($1::json) WITH ORDINALITY AS a(t, n) ORDER BY n`,
    [JSON.stringify(types)],
  );
  return rows.map(({ name }) => name);
}

/** pg's own connection, as far as its types leave it out. */
interface ProtocolConnection extends NodeJS.EventEmitter {
  parse(query: { readonly name: string; readonly text: string; readonly types: readonly number[] }): void;
  describe(what: { readonly type: 'S'; readonly name: string }): void;
  sync(): void;
}

/** Parse, Describe, Sync (PostgreSQL manual, 54.2.3): pg itself always runs what it parses. */
function parseAndDescribe(client: Client, text: string): Promise<Described> {
  const { promise, resolve, reject } = Promise.withResolvers<Described>();
  let parameters: readonly number[] = [];
  let fields: Described['fields'] = null;
  const onParameters = (message: { readonly dataTypeIDs: readonly number[] }) => {
    parameters = message.dataTypeIDs;
  };
  let connection: ProtocolConnection | undefined;
  const submittable = {
    submit(given: ProtocolConnection) {
      connection = given;
      connection.once('parameterDescription', onParameters);
      connection.parse({ name: '', text, types: [] });
      connection.describe({ type: 'S', name: '' });
      connection.sync();
    },
    handleRowDescription(message: { readonly fields: Described['fields'] }) {
      fields = message.fields;
    },
    handleError(error: Error) {
      end();
      reject(error);
    },
    handleReadyForQuery() {
      end();
      resolve({ parameters, fields });
    },
  };
  const end = () => connection?.off('parameterDescription', onParameters);
  client.query(submittable as unknown as Submittable);
  return promise;
}
