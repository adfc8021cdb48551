/** Reading rows as exports do, without the export room: a session, a portal, an encoder, and what it wrote. */
import { connect, describeQuery, openPortal, type Portal, type Session } from '../../electron/engine/database/index.ts';
import { beginReading } from '../../electron/engine/database/reading-transaction.ts';
import type { ConnectTarget } from '../../electron/engine/database/types.ts';
import { createEncoder, wrapForFormat } from '../../electron/engine/export/encode/index.ts';
import { Output } from '../../electron/engine/export/encode/output.ts';
import { BufferPool } from '../../electron/engine/flow/index.ts';
import type { CsvFormat, ExportFormat } from '../../shared/export.ts';
import { usualCsv } from '../../shared/export-formats.ts';

export const csv: CsvFormat = { ...usualCsv, header: false };

export interface ReadOptions {
  readonly timeZone?: string;
  readonly table?: readonly string[];
  readonly parameters?: readonly (string | null)[];
}

/** A session in a reading transaction; it ends with `using`. */
export async function readingSession(
  target: ConnectTarget,
  timeZone = 'UTC',
): Promise<Session & { [Symbol.asyncDispose](): Promise<void> }> {
  const session = await connect(target, { exportSession: true });
  await beginReading(session, { timeZone, statementTimeout: 0, snapshot: null });
  return { ...session, [Symbol.asyncDispose]: () => session.end() };
}

/** Opens a portal with all columns as text. */
export async function openTexts(session: Session, sql: string, atOnce = false): Promise<Portal> {
  const { columns } = await describeQuery(session, sql);
  return openPortal(session, { sql, parameters: [], formats: columns.map(() => 0), atOnce });
}

/** A collector of an encoder's output. */
export function collector(position = 0): { readonly out: Output; bytes(): Buffer } {
  const pool = new BufferPool();
  pool.join();
  const parts: Buffer[] = [];
  const out = new Output(
    pool,
    (buffer, bytes) => {
      parts.push(Buffer.from(buffer.subarray(0, bytes)));
      pool.give(buffer);
    },
    position,
  );
  return {
    out,
    bytes: () => {
      out.flush();
      return Buffer.concat(parts);
    },
  };
}

/** The file that a query gives in a format. */
export async function fileOf(
  target: ConnectTarget,
  sql: string,
  format: ExportFormat,
  { timeZone = 'UTC', table = ['public', 'copy'], parameters = [] }: ReadOptions = {},
): Promise<Buffer> {
  await using session = await readingSession(target, timeZone);
  let asked = sql;
  let { columns } = await describeQuery(session, sql);
  const wrapped = wrapForFormat(format, sql, columns);
  if (wrapped !== null) {
    asked = wrapped;
    ({ columns } = await describeQuery(session, wrapped));
  }
  const encoder = createEncoder(format, columns, { timeZone, table, rowsBefore: 0 });
  const file = collector();
  encoder.begin(file.out);
  const portal = await openPortal(session, { sql: asked, parameters, formats: encoder.formats, atOnce: false });
  await portal.read({ row: (chunk, start, end) => encoder.row(chunk, start, end, file.out) });
  encoder.end(file.out);
  return file.bytes();
}
