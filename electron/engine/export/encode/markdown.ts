/** A table in GitHub Flavored Markdown (spec 0.29, 4.10), for small results. */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { countRow, isRightAligned } from './small-table.ts';
import { TextRows } from './text-rows.ts';
import { kindOf } from './types-of-values.ts';
import { escaping, plain, type ValueWriter } from './value-writer.ts';

/**
 * All that has a meaning inside a cell, so that a value shows as it is, tags too. Line ends become <br>, which
 * is the only way to have them in a cell.
 */
const escapes: Readonly<Record<string, string>> = {
  ...Object.fromEntries('\\`*_[]|~$'.split('').map((character) => [character, `\\${character}`])),
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\n': '<br>',
  '\r': '&#13;',
};
const text = escaping(escapes);

export class MarkdownEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #head: string;
  readonly #rows: TextRows;
  #count = 0;

  constructor(columns: readonly PortalColumn[], { state }: Pick<EncodeOptions, 'state'>) {
    const kinds = columns.map(({ oid }) => kindOf(oid));
    const names = columns.map(({ name }) =>
      name.replaceAll(/[^a-z0-9 ]/gi, (character) => escapes[character] ?? character),
    );
    const marks = kinds.map((kind) => (isRightAligned(kind) ? '---:' : '---'));
    this.#head = `| ${names.join(' | ')} |\n| ${marks.join(' | ')} |\n`;
    this.formats = columns.map(() => 0);
    this.#count = (state as { readonly rows?: number } | undefined)?.rows ?? 0;
    this.#rows = new TextRows({
      before: columns.map((_, index) => (index === 0 ? '| ' : ' | ')),
      after: ' |\n',
      // An empty cell is an empty text.
      nullText: '*NULL*',
      writers: kinds.map((kind): ValueWriter => (isRightAligned(kind) ? plain : text)),
    });
  }

  begin(out: Output): void {
    out.write(Buffer.from(this.#head));
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    this.#count = countRow(this.#count, 'Markdown');
    this.#rows.write(chunk, start, end, out);
  }

  end(): void {}

  state(): unknown {
    return { rows: this.#count };
  }
}
