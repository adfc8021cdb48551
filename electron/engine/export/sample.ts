/** The first lines of an export, as its format writes them: what a person looks at before anything is made. */
import type { ExportFormat } from '../../../shared/export.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { BufferPool } from '../flow/index.ts';
import { createEncoder, Output } from './encode/index.ts';
import { exportError } from './outcomes.ts';
import { Sessions } from './sessions.ts';
import type { ExportSpec } from './types.ts';
import { planUnit } from './unit.ts';

/** Rows that are shown. */
const ROWS = 8;
/** Characters that are shown: one long row must not fill the window. */
const MOST = 4000;
/** Ms: a look is not worth more of the server's time. */
const TIMEOUT = 10_000;

const binary: ReadonlySet<ExportFormat['kind']> = new Set<ExportFormat['kind']>(['parquet', 'xlsx']);

export type SampleSpec = Pick<ExportSpec, 'target' | 'source' | 'format' | 'timeZone'>;

/**
 * Reads a few rows and encodes them. Binary formats give an empty text. An abort cancels the query on the server.
 * @throws sql-error with its position, no-permission and what connecting may say
 */
export async function sampleOf(sample: SampleSpec, signal?: AbortSignal): Promise<string> {
  const { format, target, timeZone } = sample;
  if (binary.has(format.kind)) return '';
  const spec: ExportSpec = {
    ...sample,
    target: { ...target, exportTimeout: TIMEOUT },
    id: 'sample',
    name: 'sample',
    compression: 'none',
    split: null,
    folder: '',
    parallel: 1,
    exactCount: false,
    limit: null,
  };
  const sessions = new Sessions(spec, signal ?? new AbortController().signal);
  const pool = new BufferPool();
  const parts: Buffer[] = [];
  const output = new Output(pool, (buffer, bytes) => parts.push(Buffer.from(buffer.subarray(0, bytes))));
  const onAbort = () => void sessions.cancel();
  signal?.addEventListener('abort', onAbort);
  try {
    await sessions.open(1);
    const { main } = sessions;
    const unit = await planUnit(main, spec, 0, false);
    const encoder = createEncoder(format, unit.written, { timeZone, table: unit.target, rowsBefore: 0 });
    const formats = unit.columns.map((_, n) => encoder.formats[n] ?? 0);
    // FETCH would need a cursor that not every statement allows; a portal that is left after a few rows does not.
    const portal = await sessions.portal(main, {
      sql: unit.sql(false),
      parameters: unit.parameters,
      formats,
      atOnce: false,
    });
    encoder.begin(output);
    let rows = 0;
    await portal
      .read({
        row(chunk, start, end) {
          if (rows >= ROWS) return;
          encoder.row(chunk, start, end, output);
          rows += 1;
          if (rows === ROWS) void portal.cancel();
        },
      })
      .catch((error: unknown) => {
        const isEnough = rows === ROWS && error instanceof SluiceError && error.code === 'query-cancelled';
        if (!isEnough) throw error;
      });
    encoder.end(output);
    output.flush();
  } catch (error) {
    throw exportError(error, target, 0);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    output.close();
    await sessions.end();
  }
  const text = new TextDecoder(format.kind === 'csv' ? format.encoding : 'utf-8').decode(Buffer.concat(parts));
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}
