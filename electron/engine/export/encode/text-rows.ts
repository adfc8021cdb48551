import type { Output } from './output.ts';
import { fieldBeyondRow } from './row-values.ts';
import { copyBytes, EXTRA, GROWTH, SHORT, type ValueWriter } from './value-writer.ts';

/** How a row looks in a text format. */
export interface RowLayout {
  /** Before each column's value: a delimiter, `,"name":` … One for each column. */
  readonly before: readonly string[];
  /** After the last value. */
  readonly after: string;
  /** Instead of a value that is NULL. */
  readonly nullText: string;
  readonly writers: readonly ValueWriter[];
}

/** Writes rows of a text format: what all of them have in common, and the loop in which an export spends its time. */
export class TextRows {
  readonly #before: readonly Buffer[];
  readonly #after: Buffer;
  readonly #null: Buffer;
  /** The functions by themselves: a call of a function in an array costs less than one through an object. */
  readonly #short: readonly ValueWriter['short'][];
  readonly #long: readonly ValueWriter['long'][];
  /** Bytes that a row needs beside those of its values. */
  readonly #frame: number;

  constructor({ before, after, nullText, writers }: RowLayout) {
    this.#before = before.map((text) => Buffer.from(text));
    this.#after = Buffer.from(after);
    this.#null = Buffer.from(nullText);
    this.#short = writers.map((writer) => writer.short);
    this.#long = writers.map((writer) => writer.long);
    const marks = this.#before.reduce((sum, mark) => sum + mark.length, this.#after.length);
    this.#frame = marks + writers.length * (EXTRA + this.#null.length);
  }

  /** The body of a DataRow (PostgreSQL manual, 55.7). Columns beyond those of the layout are left out. */
  write(chunk: Buffer, start: number, end: number, out: Output): void {
    const befores = this.#before;
    const shorts = this.#short;
    const columns = befores.length;
    const most = columns * SHORT;
    out.ensure(this.#frame + GROWTH * Math.min(end - start, most));
    let { buffer, at: to } = out;
    let from = start + 2;
    for (let column = 0; column < columns; column += 1) {
      const before = befores[column] as Buffer;
      for (let n = 0; n < before.length; n += 1) buffer[to++] = before[n] as number;
      const length =
        ((chunk[from] as number) << 24) |
        ((chunk[from + 1] as number) << 16) |
        ((chunk[from + 2] as number) << 8) |
        (chunk[from + 3] as number);
      from += 4;
      if (length < 0) {
        const nothing = this.#null;
        for (let n = 0; n < nothing.length; n += 1) buffer[to++] = nothing[n] as number;
      } else {
        const stop = from + length;
        if (stop > end) throw fieldBeyondRow();
        if (length <= SHORT && shorts[column] === copyBytes) {
          // By hand: a call for each number costs more than its bytes.
          for (; from < stop; from += 1) buffer[to++] = chunk[from] as number;
        } else if (length <= SHORT) {
          to = (shorts[column] as ValueWriter['short'])(chunk, from, stop, buffer, to);
        } else {
          out.at = to;
          (this.#long[column] as ValueWriter['long'])(chunk, from, stop, out);
          out.ensure(this.#frame + GROWTH * Math.min(end - stop, most));
          ({ buffer, at: to } = out);
        }
        from = stop;
      }
    }
    const after = this.#after;
    for (let n = 0; n < after.length; n += 1) buffer[to++] = after[n] as number;
    out.at = to;
  }
}
