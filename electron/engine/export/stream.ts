/** Rows as bytes of a format, handed on as they come: to a pipe, to an HTTP reader, to the eye. Nothing is kept. */
import { SluiceError } from '../../../shared/failure.ts';
import { BufferPool } from '../flow/index.ts';
import { checkFormat } from './check-format.ts';
import { createCompressor } from './compress.ts';
import { Output } from './encode/index.ts';
import { failingColumn, type FailedReading } from './failing-column.ts';
import { exportError, isOfTheQuery } from './outcomes.ts';
import { Sessions } from './sessions.ts';
import type { ExportSpec } from './types.ts';
import { planUnit, readingOf } from './unit.ts';

export type StreamSpec = Pick<ExportSpec, 'target' | 'source' | 'format' | 'compression' | 'timeZone'> & {
  /** Ends after so many rows; left out: with the last. */
  readonly rows?: number;
};

/** Takes bytes in order. They may be reused when the promise resolves: slowness here reaches the server. */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | void;

/** Bytes that are worth a write while others are under way; while none is, whatever there is goes on at once. */
const WORTH = 256 * 1024;
/** Buffers that may be under way before no more rows are asked for. */
const UNDER_WAY = 2;

/**
 * Reads one query or one table to its end. An abort cancels the query on the server.
 * @returns how many rows there were
 * @throws bad-input of several tables and of formats that cannot be, the signal's reason, what `take` threw, sql-error, query-failed and what connecting may say
 */
export async function streamRows(given: StreamSpec, take: TakeBytes, signal: AbortSignal): Promise<number> {
  const { compression, format, rows: most = Infinity, source, target, timeZone } = given;
  checkFormat(format, compression, timeZone);
  if (source.kind === 'tables' && source.tables.length > 1) {
    throw new SluiceError('bad-input', { detail: 'Several tables need a folder: a stream takes one.' });
  }
  const rest = { id: 'stream', name: 'stream', split: null, folder: '', parallel: 1, exactCount: false, limit: null };
  const spec: ExportSpec = { ...given, ...rest };
  const sessions = new Sessions(spec, signal);
  const compressor = createCompressor(compression, take);
  const pool = new BufferPool();
  const leave = pool.join();
  let rows = 0;
  let underWay = 0;
  let broken: { readonly error: unknown } | null = null;
  let portal: Awaited<ReturnType<Sessions['portal']>> | null = null;
  let again: Omit<FailedReading, 'skip'> | null = null;
  const push = (buffer: Buffer, bytes: number) => {
    underWay += 1;
    if (underWay >= UNDER_WAY) portal?.pause();
    void compressor
      .write(buffer, bytes)
      .catch((error: unknown) => {
        broken ??= { error };
        void sessions.cancel();
      })
      .finally(() => {
        pool.give(buffer);
        underWay -= 1;
        if (underWay < UNDER_WAY) portal?.resume();
      });
  };
  const output = new Output(pool, push);
  const onAbort = () => void sessions.cancel();
  signal.addEventListener('abort', onAbort);
  try {
    await sessions.open(1);
    const { main } = sessions;
    const unit = await planUnit(main, spec, 0, false);
    const reading = readingOf(unit, spec, null);
    const encoder = reading.encoder({ rowsBefore: 0 });
    const { formats } = reading;
    const query = { sql: unit.sql(false), parameters: unit.parameters, formats, atOnce: false };
    const opened = await sessions.portal(main, query);
    portal = opened;
    again = { ...query, columns: unit.columns };
    encoder.begin(output);
    const row = (chunk: Buffer, start: number, end: number) => {
      if (rows >= most) return;
      encoder.row(chunk, start, end, output);
      rows += 1;
      if (rows === most) void opened.cancel();
    };
    const pass = () => {
      if (underWay === 0 || output.at >= WORTH) output.flush();
    };
    await sessions.read(opened, { row, pass }).catch((error: unknown) => {
      const isEnough = rows === most && error instanceof SluiceError && error.code === 'query-cancelled';
      if (!isEnough) throw error;
    });
    encoder.end(output);
    output.flush();
    await compressor.end();
    return rows;
  } catch (error) {
    signal.throwIfAborted();
    const first = broken as { readonly error: unknown } | null;
    if (first) throw first.error;
    if (!again || !isOfTheQuery(error, target)) throw exportError(error, target, { rows, isFile: false });
    const column = await failingColumn(sessions.main, { ...again, skip: rows }, error);
    signal.throwIfAborted();
    throw exportError(error, target, { rows, column: column?.name ?? null, isFile: false });
  } finally {
    signal.removeEventListener('abort', onAbort);
    compressor.close();
    output.close();
    leave();
    await sessions.end();
  }
}
