/** How values become cells of a worksheet (ECMA-376, 18.3.1.4). Pure. */
import { OID } from './types-of-values.ts';
import { copyBytes } from './value-writer.ts';

/** Writes a value's whole cell to `at` of `buffer`, where there is room for `cellRoom`; gives where it ends. */
export type WriteCell = (chunk: Buffer, from: number, to: number, buffer: Buffer, at: number) => number;

/** A value that a cell cannot hold. */
export class NotInCell extends Error {
  override readonly name = 'NotInCell';
}

/** Characters (UTF-16 units) of a cell: “Excel specifications and limits”. */
const LONGEST_TEXT = 32_767;
/** UTF-8 has at most three bytes to a UTF-16 unit: more is too long without being counted. */
const LONGEST_BYTES = LONGEST_TEXT * 3;
/** A byte becomes `_x0001_` or `&quot;` at most; what stands around a value. */
const [GROWTH, FRAME] = [7, 100] as const;

/** Bytes that the cell of a value of so many bytes needs at most. @throws NotInCell */
export function cellRoom(length: number): number {
  if (length > LONGEST_BYTES) throw tooLong();
  return length * GROWTH + FRAME;
}

export const EMPTY_CELL = Buffer.from('<c/>');

/** Numbers of xlsx-parts.ts' cell formats. */
export const [DATE_STYLE, TIME_STYLE] = [1, 2] as const;

export function cellWriter(oid: number): WriteCell {
  switch (oid) {
    case OID.bool:
      return (chunk, from, _to, buffer, at) => put(chunk[from] === 116 ? trueCell : falseCell, buffer, at);
    case OID.int2:
    case OID.int4:
      return numberCell;
    case OID.int8:
    case OID.oid:
    case OID.numeric:
      return (chunk, from, to, buffer, at) =>
        isExactDecimal(chunk, from, to)
          ? numberCell(chunk, from, to, buffer, at)
          : textCell(chunk, from, to, buffer, at);
    case OID.float4:
    case OID.float8:
      return (chunk, from, to, buffer, at) =>
        isExcelFloat(chunk, from, to) ? numberCell(chunk, from, to, buffer, at) : textCell(chunk, from, to, buffer, at);
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      return timeCell;
    default:
      return textCell;
  }
}

const [MINUS, PLUS, COLON, POINT, SPACE, ZERO, EXPONENT] = [45, 43, 58, 46, 32, 48, 101] as const;

const trueCell = Buffer.from('<c t="b"><v>1</v></c>');
const falseCell = Buffer.from('<c t="b"><v>0</v></c>');
const number = [Buffer.from('<c><v>'), Buffer.from('</v></c>')] as const;
const text = [Buffer.from('<c t="inlineStr"><is><t>'), Buffer.from('</t></is></c>')] as const;
const dateCell = Buffer.from(`<c s="${DATE_STYLE}"><v>`);
const momentCell = Buffer.from(`<c s="${TIME_STYLE}"><v>`);
/** XML tools may drop spaces at the ends of a text otherwise. */
const spacedText = Buffer.from('<c t="inlineStr"><is><t xml:space="preserve">');

function put(bytes: Buffer, buffer: Buffer, at: number): number {
  buffer.set(bytes, at);
  return at + bytes.length;
}

/**
 * A positive number with at most twelve decimals, of a day less than a microsecond. A string of each would stay in V8's
 * cache for numbers until it is old: 30 MB of garbage in a million rows.
 */
function putDecimal(value: number, buffer: Buffer, at: number): number {
  const whole = Math.floor(value);
  const end = putDigits(whole, Math.floor(Math.log10(Math.max(1, whole))) + 1, buffer, at);
  let decimals = Math.round((value - whole) * 1e12);
  if (decimals === 0) return end;
  let places = 12;
  for (; decimals % 10 === 0; places -= 1) decimals /= 10;
  buffer[end] = POINT;
  return putDigits(decimals, places, buffer, end + 1);
}

function putDigits(value: number, count: number, buffer: Buffer, at: number): number {
  let left = value;
  for (let n = at + count - 1; n >= at; n -= 1) {
    buffer[n] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  return at + count;
}

function numberCell(chunk: Buffer, from: number, to: number, buffer: Buffer, at: number): number {
  return put(number[1], buffer, copyBytes(chunk, from, to, buffer, put(number[0], buffer, at)));
}

/** A spreadsheet keeps 15 digits of a number: a value of more stays whole as a text. NaN and Infinity are no numbers. */
function isExactDecimal(chunk: Buffer, from: number, to: number): boolean {
  if (to - from > 32) return false;
  let digits = 0;
  for (let at = from; at < to; at += 1) {
    const byte = chunk[at] as number;
    if (isDigit(byte)) {
      // Zeros at the front do not count.
      if (byte !== ZERO || digits > 0) digits += 1;
    } else if (byte !== POINT && byte !== MINUS) return false;
  }
  return digits <= 15;
}

/** Spreadsheets have doubles, but no NaN, no infinity, no -0, nothing below 2.23e-308 (“denormal”) or above 1e308. */
function isExcelFloat(chunk: Buffer, from: number, to: number): boolean {
  const isNegative = chunk[from] === MINUS;
  if (!isDigit(chunk[isNegative ? from + 1 : from]) || (isNegative && to - from === 2 && chunk[from + 1] === ZERO))
    return false;
  // Only an exponent of three digits may be too large, and only such a value is worth a string.
  if (chunk[to - 5] !== EXPONENT || to - 5 <= from) return true;
  const size = Math.abs(Number(chunk.toString('latin1', from, to)));
  return size > 2.23e-308 && size < 9.99e307;
}

/** Days and times that a spreadsheet knows are real ones, all others are texts. */
function timeCell(chunk: Buffer, from: number, to: number, buffer: Buffer, at: number): number {
  const serial = serialOf(chunk, from, to);
  if (serial === null) return textCell(chunk, from, to, buffer, at);
  return put(number[1], buffer, putDecimal(serial, buffer, put(to - from === 10 ? dateCell : momentCell, buffer, at)));
}

const DAY_MS = 86_400_000;
/** Days from 1899-12-30 to 1970-01-01. */
const EPOCH = 25_569;
/** 1900-03-01: before it, spreadsheets disagree (Excel has a 29 February 1900). */
const FIRST_DAY = 61;
/** From this day on (2079) doubles are too coarse for microseconds. */
const COARSE_DAY = 65_536;

/**
 * The serial number of a date or a time as PostgreSQL writes it in ISO style, which gives the microsecond back when it is
 * rounded; null where a spreadsheet has none. Reads bytes: a pattern's matches are garbage of 50 MB in a million rows.
 */
export function serialOf(chunk: Buffer, from: number, to: number): number | null {
  const hasTime = to - from > 10;
  if (to - from < (hasTime ? 19 : 10) || chunk[from + 4] !== MINUS || chunk[from + 7] !== MINUS) return null;
  const year = digits(chunk, from, 4);
  const days = Date.UTC(year, digits(chunk, from + 5, 2) - 1, digits(chunk, from + 8, 2)) / DAY_MS + EPOCH;
  // Date.UTC takes the years 0 to 99 for those after 1900. What is no digit is NaN.
  if (!(year >= 1900 && days >= FIRST_DAY)) return null;
  if (!hasTime) return days;
  if (chunk[from + 10] !== SPACE || chunk[from + 13] !== COLON || chunk[from + 16] !== COLON) return null;
  let end = from + 19;
  if (end < to && chunk[end] === POINT) for (end += 1; end < to && isDigit(chunk[end]);) end += 1;
  const places = Math.max(0, end - from - 20);
  if (!isZone(chunk, end, to) || (days >= COARSE_DAY && places > 3)) return null;
  const minutes = digits(chunk, from + 11, 2) * 60 + digits(chunk, from + 14, 2);
  const seconds = minutes * 60 + digits(chunk, from + 17, 2) + digits(chunk, from + 20, places) / 10 ** places;
  return Number.isNaN(seconds) ? null : days + seconds / 86_400;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/** The number that `count` digits make; NaN where one is none. */
function digits(chunk: Buffer, at: number, count: number): number {
  let value = 0;
  for (let n = at; n < at + count; n += 1) value = isDigit(chunk[n]) ? value * 10 + (chunk[n] as number) - 48 : NaN;
  return value;
}

/** Nothing, or a zone as `+hh`, `+hh:mm` or `+hh:mm:ss`. */
function isZone(chunk: Buffer, from: number, to: number): boolean {
  if (from === to) return true;
  if ((chunk[from] !== PLUS && chunk[from] !== MINUS) || (to - from) % 3 !== 0) return false;
  for (let n = from + 1; n < to; n += 1)
    if ((n - from) % 3 === 0 ? chunk[n] !== COLON : !isDigit(chunk[n])) return false;
  return true;
}

/** @throws NotInCell */
export function textCell(chunk: Buffer, from: number, to: number, buffer: Buffer, at: number): number {
  if (to - from > LONGEST_TEXT && chunk.toString('utf8', from, to).length > LONGEST_TEXT) throw tooLong();
  const isSpaced = to > from && ((chunk[from] as number) <= 32 || (chunk[to - 1] as number) <= 32);
  const end = writeXmlText(chunk, from, to, buffer, put(isSpaced ? spacedText : text[0], buffer, at));
  return put(text[1], buffer, end);
}

const [TAB, LINE_FEED, AMPERSAND, LESS, GREATER, UNDERSCORE, DELETE] = [9, 10, 38, 60, 62, 95, 127] as const;
const escapes = new Map([
  [AMPERSAND, Buffer.from('&amp;')],
  [LESS, Buffer.from('&lt;')],
  [GREATER, Buffer.from('&gt;')],
]);
const isHex = (byte: number | undefined): boolean => byte !== undefined && /[\da-f]/i.test(String.fromCharCode(byte));

/**
 * Text of a spreadsheet's string (ECMA-376, 22.4.2.4, ST_Xstring): what XML cannot hold is `_xHHHH_`, and what looks
 * like that already has its first underscore written so.
 */
function writeXmlText(chunk: Buffer, from: number, to: number, buffer: Buffer, at: number): number {
  let end = at;
  for (let n = from; n < to; n += 1) {
    const byte = chunk[n] as number;
    if (byte > UNDERSCORE && byte < DELETE) buffer[end++] = byte;
    else if (byte < 32 && byte !== TAB && byte !== LINE_FEED) end = writeUnit(byte, buffer, end);
    else if (byte === AMPERSAND || byte === LESS || byte === GREATER)
      end = put(escapes.get(byte) as Buffer, buffer, end);
    else if (byte === UNDERSCORE && looksEscaped(chunk, n, to)) end = writeUnit(byte, buffer, end);
    else if (byte === 0xef && chunk[n + 1] === 0xbf && (chunk[n + 2] as number) >= 0xbe && n + 2 < to) {
      // U+FFFE and U+FFFF, which XML has not.
      end = writeUnit((chunk[n + 2] as number) === 0xbe ? 0xfffe : 0xffff, buffer, end);
      n += 2;
    } else buffer[end++] = byte;
  }
  return end;
}

function looksEscaped(chunk: Buffer, at: number, to: number): boolean {
  const isX = chunk[at + 1] === 120 || chunk[at + 1] === 88;
  if (at + 6 >= to || !isX || chunk[at + 6] !== UNDERSCORE) return false;
  return isHex(chunk[at + 2]) && isHex(chunk[at + 3]) && isHex(chunk[at + 4]) && isHex(chunk[at + 5]);
}

function writeUnit(unit: number, buffer: Buffer, at: number): number {
  return at + buffer.write(`_x${unit.toString(16).toUpperCase().padStart(4, '0')}_`, at, 'latin1');
}

function tooLong(): NotInCell {
  return new NotInCell(`a cell of a spreadsheet holds ${LONGEST_TEXT} characters at most, and this has more`);
}
