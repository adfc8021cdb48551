/** A table as a page of its own, for small results. */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { countRow, isRightAligned } from './small-table.ts';
import { TextRows } from './text-rows.ts';
import { kindOf } from './types-of-values.ts';
import { escaping, plain, type ValueWriter } from './value-writer.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // A bare one would be read as a line feed.
  '\r': '&#13;',
};
const text = escaping(escapes);

/** No script, no request, whatever a value may hold: should an escape ever fail, this still stands. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";
const style =
  ':root{color-scheme:light dark;font:14px/1.4 system-ui,sans-serif}table{border-collapse:collapse}' +
  'th,td{border:1px solid #8886;padding:.25em .6em;text-align:left;vertical-align:top;white-space:pre-wrap}' +
  'th{position:sticky;top:0;background:Canvas}.n{text-align:right}.null::after{content:"NULL";opacity:.5}';

export class HtmlEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #head: string;
  readonly #rows: TextRows;
  #count = 0;

  constructor(columns: readonly PortalColumn[], { table, state }: Pick<EncodeOptions, 'table' | 'state'>) {
    const kinds = columns.map(({ oid }) => kindOf(oid));
    const names = columns.map(({ name }) => `<th scope="col">${escaped(name)}</th>`);
    this.#head =
      `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
      `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `<title>${escaped(table.join('.'))}</title><style>${style}</style></head>\n<body><table>\n` +
      `<thead><tr>${names.join('')}</tr></thead>\n<tbody>\n`;
    this.formats = columns.map(() => 0);
    this.#count = (state as { readonly rows?: number } | undefined)?.rows ?? 0;
    this.#rows = new TextRows({
      before: columns.map((_, index) => (index === 0 ? '<tr><td' : '</td><td')),
      after: '</td></tr>\n',
      nullText: ' class="null">',
      writers: kinds.map((kind): ValueWriter =>
        isRightAligned(kind) ? after(' class="n">', plain) : after('>', text),
      ),
    });
  }

  begin(out: Output): void {
    out.write(Buffer.from(this.#head));
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    this.#count = countRow(this.#count, 'HTML');
    this.#rows.write(chunk, start, end, out);
  }

  end(out: Output): void {
    out.write(Buffer.from('</tbody></table></body></html>\n'));
  }

  state(): unknown {
    return { rows: this.#count };
  }
}

/** What ends the tag of the cell, which says whether it is NULL, before the value. */
function after(mark: string, writer: ValueWriter): ValueWriter {
  const bytes = Buffer.from(mark);
  return {
    short: (chunk, start, end, buffer, at) => {
      buffer.set(bytes, at);
      return writer.short(chunk, start, end, buffer, at + bytes.length);
    },
    long: (chunk, start, end, out) => {
      out.write(bytes);
      writer.long(chunk, start, end, out);
    },
  };
}

function escaped(value: string): string {
  return value.replaceAll(/[&<>"'\r]/g, (character) => escapes[character] ?? character);
}
