/** From UTF-8 to the other character sets that text may be written in. */
import type { TextEncoding } from '../../../../shared/export.ts';
import { BufferPool } from '../../flow/index.ts';
import { Output } from './output.ts';

type OtherEncoding = Exclude<TextEncoding, 'utf-8'>;

/** Bytes that are converted at a time. */
const PIECE = 16 * 1024;

/** A character that the character set lacks, or bytes that are no characters. */
export class Unencodable extends Error {
  override readonly name = 'Unencodable';
}

export function byteOrderMark(encoding: TextEncoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from([0xef, 0xbb, 0xbf]);
    case 'utf-16le':
      return Buffer.from([0xff, 0xfe]);
    default:
      // The one-byte sets have none.
      return Buffer.alloc(0);
  }
}

/** Takes UTF-8 from `write`, and puts it into an output in another character set. */
export class Transcoder {
  readonly #encoding: OtherEncoding;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #input: Output;
  #out: Output | null = null;

  constructor(encoding: OtherEncoding) {
    this.#encoding = encoding;
    const pool = new BufferPool();
    pool.join();
    this.#input = new Output(pool, (buffer, bytes) => {
      this.#convert(buffer, bytes);
      pool.give(buffer);
    });
  }

  /**
   * What `write` writes as UTF-8, whole characters at its end, is in `out` afterwards.
   * @throws Unencodable
   */
  through(out: Output, write: (utf8: Output) => void): void {
    this.#out = out;
    write(this.#input);
    this.#input.flush();
  }

  /** Whether text in UTF-8 can be written at all. */
  canHold(utf8: Buffer): boolean {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8);
      encode(text, this.#encoding, Buffer.alloc(text.length * 2), 0);
      return true;
    } catch {
      return false;
    }
  }

  #convert(buffer: Buffer, bytes: number): void {
    const out = this.#out;
    if (out === null) return;
    for (let from = 0; from < bytes; from += PIECE) {
      const text = this.#decode(buffer.subarray(from, Math.min(bytes, from + PIECE)));
      out.ensure(text.length * 2);
      out.at = encode(text, this.#encoding, out.buffer, out.at);
    }
  }

  #decode(piece: Buffer): string {
    try {
      return this.#decoder.decode(piece, { stream: true });
    } catch (error) {
      throw new Unencodable('it holds bytes that are not UTF-8', { cause: error });
    }
  }
}

function encode(text: string, encoding: OtherEncoding, buffer: Buffer, at: number): number {
  if (encoding === 'utf-16le') return at + buffer.write(text, at, 'utf16le');
  const table = encoding === 'windows-1252' ? windows1252 : latin1;
  let to = at;
  for (let n = 0; n < text.length; n += 1) {
    const code = text.charCodeAt(n);
    const byte = code < 0x80 ? code : table.get(code);
    if (byte === undefined) throw new Unencodable(describe(text, n, encoding));
    buffer[to++] = byte;
  }
  return to;
}

function describe(text: string, at: number, encoding: OtherEncoding): string {
  const code = text.codePointAt(at) ?? 0;
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  return `“${String.fromCodePoint(code)}” (U+${hex}) is not in ${encoding}`;
}

/** The bytes from 0x80 on by character. */
const latin1: ReadonlyMap<number, number> = new Map(Array.from({ length: 128 }, (_, n) => [n + 128, n + 128]));
/** As the runtime reads them, without the five that it reads as control characters and other programs refuse. */
const windows1252: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 128 }, (_, n) => n + 128).flatMap((byte): [number, number][] => {
    const code = new TextDecoder('windows-1252').decode(Uint8Array.of(byte)).charCodeAt(0);
    return code < 0xa0 ? [] : [[code, byte]];
  }),
);
