/**
 * NDJSON and JSON arrays. Objects are, byte for byte, what the server's own row_to_json gives, except that line breaks
 * between the tokens of a `json` value become spaces, so that each row is one line.
 *
 * Scalars of the built-in types are written here. Arrays, composites and types with a cast to json are written by the
 * server: `wrapForFormat` puts to_json around just these columns. Their text would have to be parsed here with the
 * catalog at hand, and to_json is right by definition.
 */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder } from './encoder.ts';
import type { Output } from './output.ts';
import { TextRows } from './text-rows.ts';
import { isFormattedHere, kindOf } from './types-of-values.ts';
import { between, binaryWriter, escaping, neverLong, plain, type ValueWriter } from './value-writer.ts';

/** As escape_json does it (PostgreSQL's json.c). */
const escapes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Array.from({ length: 32 }, (_, code) => [String.fromCharCode(code), `\\u${code.toString(16).padStart(4, '0')}`]),
  ),
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '"': String.raw`\"`,
  '\\': '\\\\',
};

const text = between('"', escaping(escapes));
const quoted = between('"', plain);
const oneLine = escaping({ '\n': ' ', '\r': ' ' });

/** NaN and the infinities are strings, as JSON has no numbers for them. */
const number: ValueWriter = {
  short: (chunk, start, end, buffer, at) => {
    const first = chunk[start] === MINUS ? start + 1 : start;
    return (isDigit(chunk[first]) ? plain : quoted).short(chunk, start, end, buffer, at);
  },
  // Hundreds of digits: a number.
  long: plain.long,
};

const boolean = neverLong((chunk, start, _end, buffer, at) => {
  const word = chunk[start] === TRUE ? trueBytes : falseBytes;
  return at + word.copy(buffer, at);
});

/** A timestamptz in PostgreSQL's ISO style as XML Schema's: with a T, and with the minutes of the zone. */
const timestampText = between(
  '"',
  neverLong((chunk, start, end, buffer, at) => {
    let to = at;
    let isTime = false;
    let zone = end;
    for (let from = start; from < end; from += 1) {
      const byte = chunk[from] as number;
      // After the zone: “ BC”.
      if (byte === SPACE && isTime) to = addMinutes(from - zone, buffer, to);
      buffer[to++] = byte === SPACE && !isTime ? TEE : byte;
      if (byte === SPACE) isTime = true;
      if (isTime && (byte === PLUS || byte === MINUS)) zone = from;
    }
    const isBc = chunk[end - 1] === CEE;
    return isBc ? to : addMinutes(end - zone, buffer, to);
  }),
);

const [SPACE, PLUS, MINUS, CEE, TEE, TRUE] = [32, 43, 45, 67, 84, 116] as const;
const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');
const noMinutes = Buffer.from(':00');

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

/** `length` of the zone so far: three characters are sign and hours. */
function addMinutes(length: number, buffer: Buffer, at: number): number {
  return length === 3 ? at + noMinutes.copy(buffer, at) : at;
}

export type JsonKind = 'ndjson' | 'json';

export class JsonEncoder implements RowEncoder {
  readonly formats: readonly (0 | 1)[];
  readonly #kind: JsonKind;
  readonly #rows: TextRows;
  /** True before the first row of the array. */
  #isEmpty: boolean;

  constructor(kind: JsonKind, columns: readonly PortalColumn[], { timeZone, state }: EncodeOptions) {
    this.#kind = kind;
    this.#isEmpty = (state as { readonly isEmpty?: boolean } | undefined)?.isEmpty ?? true;
    this.formats = columns.map(({ oid }) => (isFormattedHere(kindOf(oid), timeZone) ? 1 : 0));
    this.#rows = new TextRows({
      before: columns.map(({ name }, index) => `${index === 0 ? '{' : ','}"${escape(name)}":`),
      after: columns.length === 0 ? '{}' : '}',
      nullText: 'null',
      writers: columns.map(({ oid }) => writerFor(oid, timeZone)),
    });
  }

  begin(out: Output): void {
    if (this.#kind === 'json') writeText('[', out);
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    if (this.#kind === 'json') {
      writeText(this.#isEmpty ? '\n' : ',\n', out);
      this.#isEmpty = false;
    }
    this.#rows.write(chunk, start, end, out);
    if (this.#kind === 'ndjson') writeText('\n', out);
  }

  end(out: Output): void {
    if (this.#kind === 'json') writeText('\n]\n', out);
  }

  state(): unknown {
    return { isEmpty: this.#isEmpty };
  }
}

function writerFor(oid: number, timeZone: string): ValueWriter {
  const kind = kindOf(oid);
  if (isFormattedHere(kind, timeZone)) return between('"', binaryWriter(kind, { json: true }) ?? plain);
  switch (kind) {
    case 'boolean':
      return boolean;
    case 'integer':
    case 'jsonb':
      return plain;
    case 'float':
    case 'numeric':
      return number;
    case 'json':
      return oneLine;
    case 'timestamptz':
      return timestampText;
    default:
      return text;
  }
}

function escape(name: string): string {
  return name.replaceAll(/[^]/g, (character) => escapes[character] ?? character);
}

function writeText(words: string, out: Output): void {
  out.ensure(words.length);
  for (let n = 0; n < words.length; n += 1) out.buffer[out.at++] = words.charCodeAt(n);
}
