/** Rows as PostgreSQL sends them, made by hand, and what an encoder makes of them. */
import type { PortalColumn } from '../../electron/engine/database/portal-types.ts';
import { Output, type RowEncoder } from '../../electron/engine/export/encode/index.ts';
import { BufferPool } from '../../electron/engine/flow/index.ts';

export const OIDS = {
  bool: 16,
  int8: 20,
  int4: 23,
  text: 25,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
};

export function column(name: string, type: keyof typeof OIDS, modifier = -1): PortalColumn {
  return { name, oid: OIDS[type], modifier, type, nested: false };
}

/** The body of a DataRow. */
export function dataRow(values: readonly (string | Buffer | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  const fields = values.map((value) => {
    const bytes = Buffer.from(value ?? '');
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat([count, ...fields]);
}

/** An output as a disk that keeps up has it: each buffer comes back when it is written. */
export function discardingOutput(): Output {
  const pool = new BufferPool();
  pool.join();
  return new Output(pool, (buffer) => pool.give(buffer));
}

/** The whole file of these rows. Each row lies somewhere inside a chunk, as it does when it comes from a socket. */
export function encode(encoder: RowEncoder, rows: Iterable<readonly (string | Buffer | null)[]>): Buffer {
  const pool = new BufferPool();
  const parts: Buffer[] = [];
  const out = new Output(pool, (buffer, bytes) => {
    parts.push(Buffer.from(buffer.subarray(0, bytes)));
    pool.give(buffer);
  });
  encoder.begin(out);
  for (const row of rows) {
    const body = dataRow(row);
    const chunk = Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]);
    encoder.row(chunk, 6, 6 + body.length, out);
  }
  encoder.end(out);
  out.flush();
  return Buffer.concat(parts);
}
