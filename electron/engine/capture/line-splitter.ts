const LF = 10;
const CR = 13;
const none = Buffer.alloc(0);

/** Stands for a line that was longer than allowed: its bytes were passed over, none of them kept. */
export const tooLong = Symbol('too long');

/**
 * Cuts a stream of bytes into lines, without their ends, and holds no more than one line of the allowed length.
 * `lf`: lines end with LF or CR LF, as in logs and NDJSON. `any`: also with a lone CR (HTML standard, 9.2.5).
 */
export class LineSplitter {
  readonly #most: number;
  readonly #ends: 'lf' | 'any';
  #pieces: Buffer[] = [];
  #length = 0;
  /** True while the rest of a line is passed over. */
  #skips = false;
  /** True where the last byte was a CR: an LF that follows belongs to it. */
  #afterCr = false;

  constructor(most: number, ends: 'lf' | 'any') {
    this.#most = most;
    this.#ends = ends;
  }

  /** Lines that end in this chunk. They share its memory. */
  *push(chunk: Buffer): Generator<Buffer | typeof tooLong> {
    let from = 0;
    if (this.#afterCr && chunk.length > 0) {
      this.#afterCr = false;
      if (chunk[0] === LF) from = 1;
    }
    let lf = chunk.indexOf(LF, from);
    let cr = this.#ends === 'any' ? chunk.indexOf(CR, from) : -1;
    while (lf !== -1 || cr !== -1) {
      const isCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = isCr ? cr : lf;
      yield this.#line(chunk.subarray(from, end));
      from = end + 1;
      if (isCr) {
        if (from === chunk.length) this.#afterCr = true;
        else if (chunk[from] === LF) from += 1;
        cr = chunk.indexOf(CR, from);
      }
      if (lf !== -1 && lf < from) lf = chunk.indexOf(LF, from);
    }
    this.#keep(chunk.subarray(from));
  }

  /** What came after the last line's end; null where nothing did. */
  rest(): Buffer | typeof tooLong | null {
    return this.#length === 0 && !this.#skips ? null : this.#line(none);
  }

  #line(last: Buffer): Buffer | typeof tooLong {
    const pieces = this.#pieces;
    const skips = this.#skips || this.#length + last.length > this.#most;
    const line = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    this.#pieces = [];
    this.#length = 0;
    this.#skips = false;
    if (skips) return tooLong;
    return this.#ends === 'lf' && line.at(-1) === CR ? line.subarray(0, -1) : line;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0 || this.#skips) return;
    this.#length += piece.length;
    if (this.#length > this.#most) {
      this.#pieces = [];
      this.#skips = true;
    } else {
      // A copy: the chunk's memory is the reader's, and may be large.
      this.#pieces.push(Buffer.from(piece));
      // A line that comes byte by byte must not cost an object each.
      if (this.#pieces.length > 1024) this.#pieces = [Buffer.concat(this.#pieces)];
    }
  }
}
