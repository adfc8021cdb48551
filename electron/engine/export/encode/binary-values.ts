/**
 * Writes values that came in binary as PostgreSQL itself writes them in text (`DateStyle` ISO): proven against its own
 * text for the whole range in test/integration/portal-values.test.ts. All return where the written bytes end.
 */

const DAY = 86_400_000_000;
/** Days from 0000-03-01, where a year's last day is the leap day, to 2000-01-01. */
const EPOCH = 730_425;
const ERA = 146_097;
/** Int64 values whose upper half is in ±2^20 are exact in a double. */
const EXACT = 1 << 20;

const [ZERO, MINUS, COLON, DOT, SPACE, TEE, PLUS] = [48, 45, 58, 46, 32, 84, 43] as const;
const HEX = Buffer.from('0123456789abcdef');

/** Bytes that any of these needs at most: “-infinity”, or a year of six digits, microseconds, zone and “ BC”. */
export const LONGEST_VALUE = 40;

/** How date and time are joined and what stands after them. */
export interface TimeStyle {
  /** `T` instead of a space, and the zone as +00:00 instead of +00: as to_json writes them. */
  readonly json: boolean;
  readonly zone: boolean;
}

/** 16 bytes. */
export function writeUuid(chunk: Buffer, start: number, buffer: Buffer, at: number): number {
  let to = at;
  for (let n = 0; n < 16; n += 1) {
    if (n === 4 || n === 6 || n === 8 || n === 10) buffer[to++] = MINUS;
    const byte = chunk[start + n] as number;
    buffer[to++] = HEX[byte >> 4] as number;
    buffer[to++] = HEX[byte & 15] as number;
  }
  return to;
}

/** Int32: days since 2000-01-01. */
export function writeDate(chunk: Buffer, start: number, buffer: Buffer, at: number): number {
  const days = int32(chunk, start);
  if (days === 0x7fff_ffff) return ascii('infinity', buffer, at);
  if (days === -0x8000_0000) return ascii('-infinity', buffer, at);
  const isBc = writeDays(days, buffer, at);
  return isBc ? ascii(' BC', buffer, written) : written;
}

/** Int64: microseconds since 2000-01-01 00:00. */
export function writeTimestamp(chunk: Buffer, start: number, buffer: Buffer, at: number, style: TimeStyle): number {
  const high = int32(chunk, start);
  const low = int32(chunk, start + 4) >>> 0;
  let days: number;
  let time: number;
  if (high >= -EXACT && high < EXACT) {
    const value = high * 4_294_967_296 + low;
    days = Math.floor(value / DAY);
    time = value - days * DAY;
  } else {
    if (high === 0x7fff_ffff && low === 0xffff_ffff) return ascii('infinity', buffer, at);
    if (high === -0x8000_0000 && low === 0) return ascii('-infinity', buffer, at);
    const value = (BigInt(high) << 32n) | BigInt(low);
    // Rounds down also below zero.
    const rest = ((value % BigInt(DAY)) + BigInt(DAY)) % BigInt(DAY);
    days = Number((value - rest) / BigInt(DAY));
    time = Number(rest);
  }
  const isBc = writeDays(days, buffer, at);
  let to = written;
  buffer[to++] = style.json ? TEE : SPACE;
  const seconds = Math.floor(time / 1_000_000);
  const micros = time - seconds * 1_000_000;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  to = two(hours, buffer, to);
  buffer[to++] = COLON;
  to = two(minutes - hours * 60, buffer, to);
  buffer[to++] = COLON;
  to = two(seconds - minutes * 60, buffer, to);
  if (micros !== 0) to = writeMicros(micros, buffer, to);
  if (style.zone) {
    buffer[to++] = PLUS;
    to = two(0, buffer, to);
    if (style.json) {
      buffer[to++] = COLON;
      to = two(0, buffer, to);
    }
  }
  return isBc ? ascii(' BC', buffer, to) : to;
}

/** A fraction without the zeros at its end. */
function writeMicros(micros: number, buffer: Buffer, at: number): number {
  buffer[at] = DOT;
  let rest = micros;
  for (let to = at + 6; to > at; to -= 1) {
    const next = (rest / 10) | 0;
    buffer[to] = ZERO + rest - next * 10;
    rest = next;
  }
  let to = at + 7;
  while (buffer[to - 1] === ZERO) to -= 1;
  return to;
}

/** Where `writeDays` ended: it has two results, and allocates nothing. */
let written = 0;

/**
 * Writes year, month and day of a day since 2000-01-01. True where it is before Christ. The calendar is Howard Hinnant's
 * `civil_from_days`: eras of 400 years, years that begin in March.
 */
function writeDays(days: number, buffer: Buffer, at: number): boolean {
  const shifted = days + EPOCH;
  const era = Math.floor(shifted / ERA);
  const day = shifted - era * ERA;
  const yearOfEra = ((day - ((day / 1460) | 0) + ((day / 36_524) | 0) - ((day / 146_096) | 0)) / 365) | 0;
  const dayOfYear = day - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const month = ((5 * dayOfYear + 2) / 153) | 0;
  const year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0);
  // There is no year 0: it is 1 BC.
  const isBc = year <= 0;
  let to = writeYear(isBc ? 1 - year : year, buffer, at);
  buffer[to++] = MINUS;
  to = two(month < 10 ? month + 3 : month - 9, buffer, to);
  buffer[to++] = MINUS;
  written = two(dayOfYear - (((153 * month + 2) / 5) | 0) + 1, buffer, to);
  return isBc;
}

function writeYear(year: number, buffer: Buffer, at: number): number {
  if (year > 9999) return ascii(String(year), buffer, at);
  const hundreds = (year / 100) | 0;
  return two(year - hundreds * 100, buffer, two(hundreds, buffer, at));
}

function two(value: number, buffer: Buffer, at: number): number {
  const tens = (value / 10) | 0;
  buffer[at] = ZERO + tens;
  buffer[at + 1] = ZERO + value - tens * 10;
  return at + 2;
}

function ascii(text: string, buffer: Buffer, at: number): number {
  return at + buffer.write(text, at, 'latin1');
}

function int32(chunk: Buffer, at: number): number {
  return (
    ((chunk[at] as number) << 24) |
    ((chunk[at + 1] as number) << 16) |
    ((chunk[at + 2] as number) << 8) |
    (chunk[at + 3] as number)
  );
}
