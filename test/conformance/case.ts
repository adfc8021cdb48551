/** What a conformance case is: bytes that are sent, and every answer that the RFC (or our documented choice) allows. */

/** `must`: required by the RFC. `should`: recommended. `choice`: the RFC leaves it open, docs/sharing.md says what we do. */
export type Level = 'must' | 'should' | 'choice';

/** An answer that is right. What is left out is not looked at. */
export interface Expected {
  /** One of these; 0: the connection ends without an answer. */
  readonly status: readonly number[];
  /**
   * The body: nothing, the whole file, a slice [start, end) of it, slices as multipart/byteranges, or (`error`) anything
   * but bytes of the file.
   */
  readonly body?:
    | 'empty'
    | 'whole'
    | 'error'
    | readonly [number, number]
    | { readonly parts: readonly (readonly [number, number])[] };
  /** By name in lower case: what a field has to match; null: it must not be there. */
  readonly fields?: Readonly<Record<string, RegExp | string | null>>;
  /** True: the server closes the connection after it. */
  readonly closes?: boolean;
}

export interface Case {
  readonly id: string;
  /** “9110 §14.2” */
  readonly rfc: string;
  readonly level: Level;
  readonly title: string;
  /** Which file: its name among `files`. */
  readonly file: FileName;
  /**
   * The bytes, as text. Replaced are {path}, {host}, {etag}, {weak}, {date} (Last-Modified), {before} and {after} (dates an
   * hour around it), and {asctime}, {rfc850} (Last-Modified in the other two forms).
   */
  readonly send: string;
  /** Any one of these answers; with several requests in `send`: the answers in turn. */
  readonly answers: readonly (readonly Expected[])[];
  /** Why this is the right answer, where that is not plain. */
  readonly why?: string;
}

/** The files that every server under test serves, and their sizes. */
export const files = {
  /** Each byte says where it is. */
  'data.bin': 10_000,
  'empty.bin': 0,
  'page.html': 300,
  'vector.svg': 300,
  /** Sparse, with marks at the ends and around 2^31 and 2^32. */
  'huge.bin': 5 * 2 ** 30 + 7,
} as const;
export type FileName = keyof typeof files;

export const SIZE = files['data.bin'];

/** A GET of a file with fields, after which the connection ends. */
export function get(...fields: readonly string[]): string {
  return request('GET', ...fields);
}

export function request(method: string, ...fields: readonly string[]): string {
  return lines(`${method} {path} HTTP/1.1`, 'Host: {host}', 'Connection: close', ...fields);
}

/** Lines as a head, with its empty line. */
export function lines(...all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n\r\n`;
}

type Row = readonly [title: string, send: string, answer: Expected | readonly Expected[], why?: string];

/** Makes cases of rows that share a section. Ids are “PREFIX-N”. */
export function table(
  prefix: string,
  rfc: string,
  level: Level,
  rows: readonly Row[],
  file: FileName = 'data.bin',
): Case[] {
  return rows.map(([title, send, answer, why], index) => ({
    id: `${prefix}-${index + 1}`,
    rfc,
    level,
    title,
    file,
    send,
    answers: [Array.isArray(answer) ? (answer as readonly Expected[]) : [answer as Expected]],
    ...(why === undefined ? {} : { why }),
  }));
}

/** 200 with all of it. */
export const whole: Expected = {
  status: [200],
  body: 'whole',
  fields: { 'content-range': null, 'content-length': String(SIZE) },
};

/** 206 with [start, end). */
export function part(start: number, end: number, size: number = SIZE): Expected {
  return {
    status: [206],
    body: [start, end],
    fields: { 'content-range': `bytes ${start}-${end - 1}/${size}`, 'content-length': String(end - start) },
  };
}

export const unsatisfiable: Expected = {
  status: [416],
  body: 'error',
  fields: { 'content-range': `bytes */${SIZE}` },
};

export const notModified: Expected = {
  status: [304],
  body: 'empty',
  fields: { 'content-range': null, etag: /^(?:W\/)?"/ },
};

export const failed: Expected = { status: [412], body: 'error', fields: { 'content-range': null } };
