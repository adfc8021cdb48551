/** The first lines of an export, as its format writes them: what a person looks at before anything is made. */
import { compressesInside } from '../../../shared/export-formats.ts';
import { streamRows } from './stream.ts';
import type { ExportSpec } from './types.ts';

/** Rows that are shown. */
const ROWS = 8;
/** Characters that are shown: one long row must not fill the window. */
const MOST = 4000;
/** Bytes that are surely more than that: no character has more than four, and some have two of JavaScript's. */
const MOST_BYTES = 4 * (MOST + 1);
/** Ms: a look is not worth more of the server's time. */
const TIMEOUT = 10_000;

export type SampleSpec = Pick<ExportSpec, 'target' | 'source' | 'format' | 'timeZone'>;

/**
 * Reads a few rows, of several tables those of the first, and encodes them. Binary formats give an empty text. An abort cancels the query on the server.
 * @throws sql-error with its position, no-permission and what connecting may say
 */
export async function sampleOf(sample: SampleSpec, signal?: AbortSignal): Promise<string> {
  const { format, source } = sample;
  if (compressesInside(format)) return '';
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const enough = new AbortController();
  const ended = AbortSignal.any([enough.signal, ...(signal ? [signal] : [])]);
  const take = (more: Uint8Array) => {
    // A copy: the memory is used again.
    const part = Uint8Array.from(more.subarray(0, MOST_BYTES - bytes));
    parts.push(part);
    bytes += part.length;
    if (bytes === MOST_BYTES) enough.abort();
  };
  await streamRows(
    {
      ...sample,
      source: source.kind === 'tables' ? { ...source, tables: source.tables.slice(0, 1) } : source,
      target: { ...sample.target, exportTimeout: TIMEOUT },
      compression: 'none',
      rows: ROWS,
    },
    take,
    ended,
  ).catch((error: unknown) => {
    if (!enough.signal.aborted) throw error;
  });
  const text = new TextDecoder(format.kind === 'csv' ? format.encoding : 'utf-8').decode(Buffer.concat(parts));
  return text.length > MOST ? `${text.slice(0, MOST).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
