/** How values get from a row's bytes into the output's, without a JavaScript string in between. */
import { LONGEST_VALUE, writeDate, writeTimestamp, writeUuid, type TimeStyle } from './binary-values.ts';
import type { Output } from './output.ts';
import type { ValueKind } from './types-of-values.ts';

/** Writes the value at `start`…`end` of `chunk` to `at` of `buffer`, where there is room. Returns where it ends. */
export type WriteShort = (chunk: Buffer, start: number, end: number, buffer: Buffer, at: number) => number;

export interface ValueWriter {
  /** For values of at most `SHORT` bytes. The room for `GROWTH` times as many bytes, and `EXTRA` more, is made before. */
  readonly short: WriteShort;
  /** For longer ones: makes room by itself, some KiB at a time, so that 50 MB do not need 50 MB in one piece. */
  readonly long: (chunk: Buffer, start: number, end: number, out: Output) => void;
}

export const SHORT = 1024;
/** A control character becomes \u0001 in JSON: no format needs more. */
export const GROWTH = 6;
/** Quotes, a guard, or a value in binary that is longer as text. */
export const EXTRA = LONGEST_VALUE + 8;

/** As it came. */
export const plain: ValueWriter = {
  short: copyBytes,
  long: (chunk, start, end, out) => out.write(chunk, start, end),
};

export function copyBytes(chunk: Buffer, start: number, end: number, buffer: Buffer, at: number): number {
  let to = at;
  for (let from = start; from < end; from += 1) buffer[to++] = chunk[from] as number;
  return to;
}

/** Values of a type that is asked for in binary; null for other types. */
export function binaryWriter(kind: ValueKind, style: Pick<TimeStyle, 'json'>): ValueWriter | null {
  switch (kind) {
    case 'uuid':
      return neverLong((chunk, start, _end, buffer, at) => writeUuid(chunk, start, buffer, at));
    case 'date':
      return neverLong((chunk, start, _end, buffer, at) => writeDate(chunk, start, buffer, at));
    case 'timestamp':
    case 'timestamptz': {
      const full = { ...style, zone: kind === 'timestamptz' };
      return neverLong((chunk, start, _end, buffer, at) => writeTimestamp(chunk, start, buffer, at, full));
    }
    default:
      return null;
  }
}

/** A writer whose values are never long. */
export function neverLong(write: WriteShort): ValueWriter {
  return {
    short: write,
    long: () => {
      throw new Error('a value is longer than its type can be');
    },
  };
}

/** The same between two marks, quotes say. */
export function between(mark: string, writer: ValueWriter): ValueWriter {
  const byte = mark.charCodeAt(0);
  return {
    short: (chunk, start, end, buffer, at) => {
      buffer[at] = byte;
      const to = writer.short(chunk, start, end, buffer, at + 1);
      buffer[to] = byte;
      return to + 1;
    },
    long: (chunk, start, end, out) => {
      writeByte(byte, out);
      writer.long(chunk, start, end, out);
      writeByte(byte, out);
    },
  };
}

/**
 * Replaces single ASCII characters by others, which cannot be a part of another character in UTF-8: it does not matter
 * where a long value is cut. `escapes` by character.
 */
export function escaping(escapes: Readonly<Record<string, string>>): ValueWriter {
  const table: (Buffer | null)[] = Array.from({ length: 256 }, () => null);
  /** 1 where there is an escape: read for every byte, so one byte each. */
  const special = new Uint8Array(256);
  for (const [character, replacement] of Object.entries(escapes)) {
    table[character.charCodeAt(0)] = Buffer.from(replacement);
    special[character.charCodeAt(0)] = 1;
  }
  return bytewise((chunk, start, end, buffer, at) => {
    let to = at;
    for (let from = start; from < end; from += 1) {
      const byte = chunk[from] as number;
      if (special[byte] === 0) {
        buffer[to++] = byte;
      } else {
        const replacement = table[byte] as Buffer;
        for (let n = 0; n < replacement.length; n += 1) buffer[to++] = replacement[n] as number;
      }
    }
    return to;
  });
}

/** A writer that may be given a long value in pieces. */
export function bytewise(write: WriteShort): ValueWriter {
  return {
    short: write,
    long: (chunk, start, end, out) => {
      for (let from = start; from < end; from += 8 * SHORT) {
        const to = Math.min(end, from + 8 * SHORT);
        out.ensure((to - from) * GROWTH);
        out.at = write(chunk, from, to, out.buffer, out.at);
      }
    },
  };
}

export function writeByte(byte: number, out: Output): void {
  out.ensure(1);
  out.buffer[out.at++] = byte;
}
