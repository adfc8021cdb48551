import { useState } from 'react';
import type { CsvFormat, ExportFormat } from '../../../shared/export.ts';
import { failure } from '../../../shared/failure.ts';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ChoiceField, SelectField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import {
  delimiterWords,
  encodingWords,
  escapeWords,
  lineEndingWords,
  parquetWords,
  quoteWords,
  quotingWords,
} from './words.ts';
import fields from '../ui/Fields.module.css';

interface FormatFieldsProps<F extends ExportFormat> {
  format: F;
  onChange: (format: F) => void;
}

/** What a format lets one choose. */
export function FormatFields({ format, onChange }: FormatFieldsProps<ExportFormat>) {
  switch (format.kind) {
    case 'csv':
      return <CsvFields format={format} onChange={onChange} />;
    case 'sql-insert':
    case 'sql-copy':
      return (
        <div className={fields.pair}>
          <TextField
            label="Into table"
            placeholder="As the source"
            value={format.table ?? ''}
            onChange={(table) => onChange({ ...format, table: table || null })}
          />
          {format.kind === 'sql-insert' && (
            <SelectField
              label="Rows a statement"
              value={format.rows}
              choices={[1, 100, 500, 1000, 10_000]}
              word={(rows) => (rows === null ? '' : rows.toLocaleString())}
              onChange={(rows) => rows !== null && onChange({ ...format, rows })}
            />
          )}
        </div>
      );
    case 'parquet':
      return (
        <ChoiceField
          label="Compressed inside"
          value={format.compression}
          words={parquetWords}
          onChange={(compression) => onChange({ ...format, compression })}
        />
      );
    case 'xlsx':
      return (
        <Checkbox
          label="Names of columns in the first row"
          hint="A sheet ends at 1,048,576 rows; more go on in another."
          checked={format.header}
          onChange={(header) => onChange({ ...format, header })}
        />
      );
    default:
      return null;
  }
}

function CsvFields({ format, onChange }: FormatFieldsProps<CsvFormat>) {
  const set = (patch: Partial<CsvFormat>) => onChange({ ...format, ...patch });
  return (
    <>
      <Checkbox
        label="Names of columns in the first line"
        checked={format.header}
        onChange={(header) => set({ header })}
      />
      <Fold title="Dialect">
        <div className={fields.pair}>
          <DelimiterField value={format.delimiter} onChange={(delimiter) => set({ delimiter })} />
          <TextField
            label="NULL is written"
            placeholder="(nothing)"
            maxLength={20}
            value={format.nullText}
            onChange={(nullText) => set({ nullText })}
          />
          <ChoiceField
            label="Quote"
            value={format.quote}
            words={quoteWords}
            onChange={(quote) => set({ quote, escape: format.escape === format.quote ? quote : format.escape })}
          />
          <ChoiceField
            label="A quote inside"
            value={format.escape === format.quote ? '"' : format.escape}
            words={escapeWords}
            onChange={(escape) => set({ escape: escape === '"' ? format.quote : escape })}
          />
          <ChoiceField
            label="Quoted"
            value={format.quoting}
            words={quotingWords}
            onChange={(quoting) => set({ quoting })}
          />
          <ChoiceField
            label="Lines end with"
            value={format.lineEnding}
            words={lineEndingWords}
            onChange={(lineEnding) => set({ lineEnding })}
          />
          <ChoiceField
            label="Characters"
            value={format.encoding}
            words={encodingWords}
            onChange={(encoding) => set({ encoding })}
          />
        </div>
        <Checkbox
          label="Byte order mark"
          hint="Some spreadsheets need it to read UTF-8."
          checked={format.bom}
          onChange={(bom) => set({ bom })}
        />
        <Checkbox
          label="Guard against formulas"
          hint="Puts ' before what a spreadsheet would run. Changes the data."
          checked={format.formulaGuard}
          onChange={(formulaGuard) => set({ formulaGuard })}
        />
      </Fold>
    </>
  );
}

/** One character of ASCII that no value holds by itself: no letter, digit, quote or end of a line. */
const isDelimiter = (text: string) => /^[\t !#-&(-/:-@[-`{-~]$/.test(text);

/** Most want one of four; any other character is typed. */
function DelimiterField({ value, onChange }: { value: string; onChange: (delimiter: string) => void }) {
  const [typing, setTyping] = useState(!Object.hasOwn(delimiterWords, value));
  const [text, setText] = useState(value);
  const choice = (
    <ChoiceField
      label="Between values"
      value={typing ? 'other' : value}
      words={{ ...delimiterWords, other: 'Other…' }}
      onChange={(one) => {
        setTyping(one === 'other');
        setText('');
        if (one !== 'other') onChange(one);
      }}
    />
  );
  if (!typing) return choice;
  return (
    <div className={fields.pair}>
      {choice}
      <TextField
        label="Which"
        maxLength={1}
        value={text}
        problem={
          isDelimiter(text) ? null : failure('bad-input', { detail: 'One character: no letter, digit or quote.' })
        }
        onChange={(next) => {
          setText(next);
          if (isDelimiter(next)) onChange(next);
        }}
      />
    </div>
  );
}
