/**
 * CSV and TSV. What is written without a guard, in UTF-8, is read back by COPY … FROM with the same delimiter, quote,
 * escape and NULL text, value for value.
 */
import type { CsvFormat } from '../../../../shared/export.ts';
import { SluiceError } from '../../../../shared/failure.ts';
import type { PortalColumn } from '../../database/portal-types.ts';
import { csvText, isSafeDialect, refuseBadDialect } from './csv-values.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { fieldBytes } from './row-values.ts';
import { TextRows } from './text-rows.ts';
import { byteOrderMark, Transcoder, Unencodable } from './transcoder.ts';
import { isFormattedHere, kindOf, type ValueKind } from './types-of-values.ts';
import { between, binaryWriter, plain, type ValueWriter } from './value-writer.ts';

const numbers: ReadonlySet<ValueKind> = new Set<ValueKind>(['boolean', 'integer', 'float', 'numeric']);
const times: ReadonlySet<ValueKind> = new Set<ValueKind>(['date', 'timestamp', 'timestamptz', 'uuid']);

export class CsvEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #format: CsvFormat;
  readonly #columns: readonly PortalColumn[];
  readonly #rows: TextRows;
  readonly #transcoder: Transcoder | null;
  #rowNumber: number;

  /** @throws bad-input where delimiter, quote and escape cannot be told apart */
  constructor(format: CsvFormat, columns: readonly PortalColumn[], { timeZone, rowsBefore }: EncodeOptions) {
    refuseBadDialect(format);
    this.#format = format;
    this.#columns = columns;
    this.#rowNumber = rowsBefore;
    this.#transcoder = format.encoding === 'utf-8' ? null : new Transcoder(format.encoding);
    const isSafe = isSafeDialect(format);
    const kinds = columns.map(({ oid }) => kindOf(oid));
    const here = kinds.map((kind) => isSafe && isFormattedHere(kind, timeZone));
    this.formats = here.map((isHere) => (isHere ? 1 : 0));
    this.#rows = this.#layout(kinds.map((kind, index) => this.#writer(kind, isSafe, here[index] === true)));
  }

  begin(out: Output): void {
    const { bom, encoding, header } = this.#format;
    if (bom) out.write(byteOrderMark(encoding));
    if (!header) return;
    const names = rowOf(this.#columns.map(({ name }) => name));
    const asText = this.#writer('text', false, false);
    this.#write(this.#layout(this.#columns.map(() => asText)), names, 0, names.length, out);
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    this.#rowNumber += 1;
    if (this.#transcoder === null) this.#rows.write(chunk, start, end, out);
    else this.#write(this.#rows, chunk, start, end, out);
  }

  end(): void {}

  state(): unknown {
    return {};
  }

  #layout(writers: readonly ValueWriter[]): TextRows {
    const { delimiter, lineEnding, nullText } = this.#format;
    return new TextRows({
      before: writers.map((_, index) => (index === 0 ? '' : delimiter)),
      after: lineEnding === 'lf' ? '\n' : '\r\n',
      nullText,
      writers,
    });
  }

  #writer(kind: ValueKind, isSafe: boolean, isHere: boolean): ValueWriter {
    const { quote, quoting, formulaGuard } = this.#format;
    const isNumber = numbers.has(kind);
    const quotes = quoting === 'all' || (quoting === 'text' && !isNumber);
    if (isSafe && (isNumber || isHere)) {
      const bare = isHere ? (binaryWriter(kind, { json: false }) ?? plain) : plain;
      return quotes ? between(quote, bare) : bare;
    }
    const guard = formulaGuard && !isNumber && !times.has(kind);
    return csvText(this.#format, { quotes, guard, isOnly: this.#columns.length === 1 });
  }

  #write(rows: TextRows, chunk: Buffer, start: number, end: number, out: Output): void {
    const transcoder = this.#transcoder;
    if (transcoder === null) {
      rows.write(chunk, start, end, out);
      return;
    }
    try {
      transcoder.through(out, (utf8) => rows.write(chunk, start, end, utf8));
    } catch (error) {
      if (!(error instanceof Unencodable)) throw error;
      const params = { row: this.#rowNumber, column: this.#culprit(chunk, start, transcoder), detail: error.message };
      throw new SluiceError('cannot-encode', params, { cause: error });
    }
  }

  /** Name of the column that cannot be encoded. */
  #culprit(chunk: Buffer, start: number, transcoder: Transcoder): string {
    const index = this.#columns.findIndex((_, column) => {
      const bytes = this.formats[column] === 1 ? null : fieldBytes(chunk, start, column);
      return bytes !== null && !transcoder.canHold(bytes);
    });
    return this.#columns[index]?.name ?? '';
  }
}

/** The body of a DataRow that holds texts. */
function rowOf(texts: readonly string[]): Buffer {
  const values = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([Buffer.alloc(2), ...values]);
}
