/** How a text becomes a CSV field. */
import type { CsvFormat } from '../../../../shared/export.ts';
import { SluiceError } from '../../../../shared/failure.ts';
import type { Output } from './output.ts';
import { bytewise, writeByte, type ValueWriter } from './value-writer.ts';

/** All that numbers, booleans, uuids, dates and times are written with. */
const SAFE = /^[0-9a-zA-Z+\-.: ]+$/;
/** A spreadsheet takes these at the beginning for a formula (OWASP, “CSV Injection”). */
const FORMULA = new Uint8Array(256);
for (const character of '=+-@\t\r\n') FORMULA[character.charCodeAt(0)] = 1;
/** Their full-width forms, which East Asian spreadsheets take for the same: ＝ ＋ － ＠, all of them EF BC and one of these. */
const FULL_WIDTH: ReadonlySet<number | undefined> = new Set([0x9d, 0x8b, 0x8d, 0xa0]);
const APOSTROPHE = 39;

function isFormulaStart(chunk: Buffer, at: number): boolean {
  if (chunk[at] === 0xef && chunk[at + 1] === 0xbc) return FULL_WIDTH.has(chunk[at + 2]);
  return FORMULA[chunk[at] as number] === 1;
}

/** True where no number, date or uuid can need quotes in this dialect: they are not searched for any then. */
export function isSafeDialect({ delimiter, quote, escape, nullText }: CsvFormat): boolean {
  return [delimiter, quote, escape, nullText].every((text) => !SAFE.test(text));
}

/** @throws bad-input where what is written could not be read back */
export function refuseBadDialect({ delimiter, quote, escape, nullText }: CsvFormat): void {
  const refuse = (detail: string) => {
    throw new SluiceError('bad-input', { detail });
  };
  for (const [name, character] of Object.entries({ delimiter, quote, escape })) {
    const code = character.codePointAt(0) ?? 0;
    const isOne = character.length === 1 && code > 0 && code < 128;
    if (!isOne || code === 10 || code === 13) refuse(`The ${name} of CSV has to be one ASCII character.`);
  }
  if (delimiter === quote || delimiter === escape) refuse('Delimiter and quote of CSV have to differ.');
  if ([delimiter, quote, '\n', '\r'].some((character) => nullText.includes(character))) {
    refuse('The text for NULL may not hold the delimiter, the quote or a line break.');
  }
}

export interface CsvTextOptions {
  /** Always between quotes. */
  readonly quotes: boolean;
  /** Against formulas. */
  readonly guard: boolean;
  /** The only column: a line that is `\.` would end the data. */
  readonly isOnly: boolean;
}

export function csvText(format: CsvFormat, { quotes, guard, isOnly }: CsvTextOptions): ValueWriter {
  const quote = format.quote.charCodeAt(0);
  const inside = escapedBy(format.escape, format.quote);
  const nullBytes = Buffer.from(format.nullText);
  const special = new Uint8Array(256);
  for (const character of [format.delimiter, format.quote, '\n', '\r']) special[character.charCodeAt(0)] = 1;
  /** What would be read back as NULL, or as the end of the data. */
  const clashes = (chunk: Buffer, start: number, end: number) =>
    isEqual(nullBytes, chunk, start, end) || (isOnly && isEqual(endOfData, chunk, start, end));
  const isFormula = (chunk: Buffer, start: number, end: number) => guard && start < end && isFormulaStart(chunk, start);

  const quoted = (chunk: Buffer, start: number, end: number, buffer: Buffer, at: number): number => {
    let to = at;
    buffer[to++] = quote;
    if (isFormula(chunk, start, end)) buffer[to++] = APOSTROPHE;
    to = inside.short(chunk, start, end, buffer, to);
    buffer[to++] = quote;
    return to;
  };
  const short = (chunk: Buffer, start: number, end: number, buffer: Buffer, at: number): number => {
    if (quotes || clashes(chunk, start, end)) return quoted(chunk, start, end, buffer, at);
    let to = at;
    if (isFormula(chunk, start, end)) buffer[to++] = APOSTROPHE;
    // Most need no quotes: copied while looking.
    let from = start;
    for (; from < end; from += 1) {
      const byte = chunk[from] as number;
      if (special[byte] === 1) break;
      buffer[to++] = byte;
    }
    if (from === end) return to;
    if (format.escape !== format.quote) return quoted(chunk, start, end, buffer, at);
    // What is copied needs no escape: it makes room for the quote.
    for (let n = to; n > at; n -= 1) buffer[n] = buffer[n - 1] as number;
    buffer[at] = quote;
    to = inside.short(chunk, from, end, buffer, to + 1);
    buffer[to] = quote;
    return to + 1;
  };
  const long = (chunk: Buffer, start: number, end: number, out: Output): void => {
    const needsQuotes = quotes || hasSpecial(chunk, start, end, special);
    if (needsQuotes) writeByte(quote, out);
    if (isFormula(chunk, start, end)) writeByte(APOSTROPHE, out);
    if (needsQuotes) inside.long(chunk, start, end, out);
    else out.write(chunk, start, end);
    if (needsQuotes) writeByte(quote, out);
  };
  return { short, long };
}

/** Puts the escape before each quote and each escape. */
function escapedBy(escape: string, quote: string): ValueWriter {
  const mark = escape.charCodeAt(0);
  /** 1 for what gets one: the step over it, so that nothing branches on what texts hold (a quarter faster for JSON). */
  const steps = new Uint8Array(256);
  steps[mark] = 1;
  steps[quote.charCodeAt(0)] = 1;
  return bytewise((chunk, start, end, buffer, at) => {
    let to = at;
    for (let from = start; from < end; from += 1) {
      const byte = chunk[from] as number;
      buffer[to] = mark;
      to += steps[byte] as number;
      buffer[to++] = byte;
    }
    return to;
  });
}

const endOfData = Buffer.from(String.raw`\.`);

function isEqual(text: Buffer, chunk: Buffer, start: number, end: number): boolean {
  if (end - start !== text.length) return false;
  for (let n = 0; n < text.length; n += 1) if (text[n] !== chunk[start + n]) return false;
  return true;
}

function hasSpecial(chunk: Buffer, start: number, end: number, special: Uint8Array): boolean {
  for (let at = start; at < end; at += 1) if (special[chunk[at] as number] === 1) return true;
  return false;
}
