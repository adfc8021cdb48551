/** The server that exports are measured on, and its tables of ten mixed columns. */
import { Client } from 'pg';
import { plainTarget, startPostgres } from '../servers/postgres.ts';
import type { Rows } from './export-contenders.ts';

/** A server with the bench's tables. */
export type Server = Pick<Rows, 'target' | 'url'>;

/** One that ends with the bench. */
export async function ownServer(stack: AsyncDisposableStack): Promise<Server> {
  // Without it, a scan may begin where the last one left off: the rows would come in another order.
  const config = { shared_buffers: '1GB', autovacuum: 'off', synchronize_seqscans: 'off' };
  const server = stack.adopt(await startPostgres({ config }), (one) => one.end());
  const { user, password, host, port, database } = server.target;
  const url = `postgres://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}`;
  return { target: server.target, url };
}

/** A server that is there already. */
export function serverAt(url: string): Server {
  const { hostname, port, username, password, pathname } = new URL(url);
  const target = plainTarget({
    id: 'bench',
    name: 'Bench',
    host: hostname,
    port: Number(port || 5432),
    database: decodeURIComponent(pathname.slice(1)) || 'postgres',
    user: decodeURIComponent(username) || 'postgres',
    password: decodeURIComponent(password),
  });
  return { target, url };
}

/** Makes the table where it is not there. Returns the server's version. */
export async function makeTable({ url }: Server, count: number): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ there: string | null; version: string }>(
      `SELECT to_regclass('bench_${count}') AS there, current_setting('server_version') AS version`,
    );
    if (!rows[0]?.there) {
      console.log(`making ${count} rows`);
      await client.query(tableSql(count));
      await client.query(`VACUUM ANALYZE bench_${count}`);
    }
    return rows[0]?.version ?? '';
  } finally {
    await client.end();
  }
}

const tableSql = (count: number) => `
  CREATE UNLOGGED TABLE bench_${count} AS
  SELECT n::bigint AS id, (n::bigint * 7919 % 1000003)::int AS quantity, 'customer ' || md5(n::text) AS name,
    (n::bigint * 31 % 99999999 / 100.0)::numeric(12,2) AS price,
    timestamptz '2020-01-01 00:00:00+00' + n * interval '1.234567 seconds' AS created, n % 3 = 0 AS active,
    jsonb_build_object('n', n, 'tags', array['a', 'b'], 'note', 'say "hi"') AS data, md5((n * 13::bigint)::text)::uuid AS token,
    n * 1.1::float8 / 7 AS ratio,
    CASE WHEN n % 4 = 0 THEN NULL WHEN n % 17 = 0 THEN 'a "quoted", text' ELSE 'note ' || n END AS note
  FROM generate_series(1, ${count}) n;
  ALTER TABLE bench_${count} ADD PRIMARY KEY (id)`;
