/** The key in a row: what an export goes on after. */
import { SluiceError } from '../../../shared/failure.ts';
import type { PortalColumn } from '../database/index.ts';
import { fieldText, type ValueFormat } from './encode/index.ts';

interface KeyColumn {
  readonly index: number;
  readonly column: PortalColumn;
  readonly format: ValueFormat;
}

/** Reads the key's columns out of the bodies of DataRow messages. Keeps copies: rows are valid during a call only. */
export class KeyReader {
  readonly #key: readonly string[];
  readonly #columns: readonly KeyColumn[];
  /** The same in the order in which they stand in a row. */
  readonly #inRow: readonly number[];
  #texts: readonly string[] = [];
  /** The key of the last row that was checked, as it came. */
  readonly #last: Buffer[] = [];
  /** The key that reading goes on after, before the first row was checked. */
  #after: readonly string[] | null;

  /**
   * Where a name is there twice, the later one counts: a key that nobody asked for stands at the end of the row.
   * `after`: the key that reading goes on after; null: it begins.
   */
  constructor(
    key: readonly string[],
    columns: readonly PortalColumn[],
    formats: readonly ValueFormat[],
    after: readonly string[] | null,
  ) {
    this.#key = key;
    this.#after = after;
    this.#columns = key.map((name) => {
      const index = columns.findLastIndex((column) => column.name === name);
      const column = columns[index];
      if (!column) throw new SluiceError('bad-input', { detail: `The query has no column “${name}” to go on after.` });
      return { index, column, format: formats[index] ?? 0 };
    });
    this.#inRow = this.#columns.map(({ index }) => index).toSorted((a, b) => a - b);
  }

  /** The key that was noted last, as PostgreSQL writes it; empty before. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /**
   * Notes the key of the row whose body begins at `start` of `chunk`. `rows`: how many came until then.
   * @throws query-failed
   */
  note(chunk: Buffer, start: number, rows: number): void {
    this.#texts = this.#columns.map(({ index, column, format }) => {
      const text = fieldText(chunk, start, index, column, format);
      if (text === null) throw unfitKey(this.#key, `of row ${rows} has no value (NULL)`, rows);
      return text;
    });
  }

  /**
   * Looks whether what a person declared to be a key can be one. Rows come in its order: equal ones follow each other.
   * `rows`: how many came before. False of the row that reading goes on after, which was written already.
   * @throws query-failed
   */
  check(chunk: Buffer, start: number, rows: number): boolean {
    let isSame = this.#last.length > 0;
    let at = start + 2;
    let column = 0;
    for (const [n, index] of this.#inRow.entries()) {
      for (; column < index; column += 1) at += 4 + Math.max(0, chunk.readInt32BE(at));
      const length = chunk.readInt32BE(at);
      if (length < 0) throw this.#unfit(rows, 'has no value (NULL)');
      const last = this.#last[n];
      if (last?.length === length) {
        if (isSame && last.compare(chunk, at + 4, at + 4 + length) === 0) continue;
        chunk.copy(last, 0, at + 4, at + 4 + length);
      } else this.#last[n] = Buffer.from(chunk.subarray(at + 4, at + 4 + length));
      isSame = false;
    }
    const after = this.#after;
    if (!isSame && after === null) return true;
    this.#after = null;
    this.note(chunk, start, rows + 1);
    if (isSame) throw this.#unfit(rows, `is there twice (${this.#texts.join(', ')})`);
    return this.#texts.some((text, n) => text !== after?.[n]);
  }

  #unfit(rows: number, why: string): SluiceError {
    return unfitKey(this.#key, `of row ${rows + 1} ${why}`, rows);
  }
}

/** What was declared to be a key, and is none. */
export function unfitKey(key: readonly string[], why: string, rows: number): SluiceError {
  const detail = `the key ${key.join(', ')} ${why}`;
  return new SluiceError('query-failed', { rows, detail, hint: 'Choose a key that is unique and never NULL.' });
}
