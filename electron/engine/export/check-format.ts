/** What a person asks a format to do, checked: each thing that is wrong has its own sentence. Pure. */
import type { Compression, ExportFormat } from '../../../shared/export.ts';
import { compressesInside } from '../../../shared/export-formats.ts';
import { SluiceError } from '../../../shared/failure.ts';

/** @throws bad-input */
export function checkFormat(format: ExportFormat, compression: Compression, timeZone: string): void {
  if (compressesInside(format) && compression !== 'none') {
    bad(`${format.kind === 'xlsx' ? 'XLSX' : 'Parquet'} is compressed inside: choose no compression.`);
  }
  if (!isTimeZone(timeZone)) bad(`“${timeZone}” is not a time zone. Write one like Europe/Berlin.`);
  if (format.kind === 'csv') checkCsv(format);
}

/** A dialect in which fields could not be told apart is none. */
function checkCsv({ delimiter, quote, escape, nullText }: Extract<ExportFormat, { kind: 'csv' }>): void {
  for (const [what, character] of Object.entries({ delimiter, quote, escape })) {
    if (!/^[\t\u0020-\u007e]$/.test(character)) bad(`The ${what} has to be one ASCII character.`);
  }
  if (delimiter === quote || delimiter === escape) bad('The delimiter has to differ from the quote and the escape.');
  if (/[\r\n]/.test(nullText) || nullText.includes(delimiter) || nullText.includes(quote)) {
    bad('The text for NULL may hold neither the delimiter nor the quote nor a line ending.');
  }
}

function isTimeZone(name: string): boolean {
  // PostgreSQL reads an offset the other way round (POSIX).
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function bad(detail: string): never {
  throw new SluiceError('bad-input', { detail });
}
