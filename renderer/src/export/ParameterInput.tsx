import { LinkButton } from '../ui/Button.tsx';
import { isText } from './parameters.ts';

interface ParameterInputProps {
  label: string;
  /** Of PostgreSQL, as it names it; empty while it is not known. */
  type: string;
  value: string | null;
  /** What null means, in a word. */
  none: string;
  /** True where an empty text is a value, and not null. */
  keepsEmpty?: boolean;
  onChange: (value: string | null) => void;
}

/** The system's own fields for what they can write; they all give what PostgreSQL reads. */
function inputType(type: string): string {
  if (type === 'date') return 'date';
  if (/^timestamp(\(\d\))? without/.test(type)) return 'datetime-local';
  return /^time(\(\d\))? without/.test(type) ? 'time' : 'text';
}

/** A value that the server binds to $1, $2 …, in the control that its type wants. */
export function ParameterInput({ label, type, value, none, keepsEmpty = false, onChange }: ParameterInputProps) {
  if (type === 'boolean') {
    return (
      <select aria-label={label} value={value ?? ''} onChange={(event) => onChange(event.target.value || null)}>
        <option value="">{none}</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  const mayBeEmpty = keepsEmpty && isText(type);
  return (
    <>
      <input
        type={inputType(type)}
        aria-label={label}
        spellCheck={false}
        autoComplete="off"
        step="any"
        inputMode={/int|numeric|real|double/.test(type) ? 'decimal' : undefined}
        placeholder={value === null ? none : ''}
        value={value ?? ''}
        onChange={({ target }) => onChange(target.value === '' && !mayBeEmpty ? null : target.value)}
      />
      {mayBeEmpty && value !== null && (
        <LinkButton aria-label={`${label}: ${none}`} onClick={() => onChange(null)}>
          {none}
        </LinkButton>
      )}
    </>
  );
}
