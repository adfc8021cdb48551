interface ParameterInputProps {
  label: string;
  /** Of PostgreSQL, as it names it; empty while it is not known. */
  type: string;
  value: string | null;
  /** What null means, in a word. */
  none: string;
  onChange: (value: string | null) => void;
}

/** A value that the server binds to $1, $2 …, in the control that its type wants. An empty number is none. */
export function ParameterInput({ label, type, value, none, onChange }: ParameterInputProps) {
  if (type === 'boolean') {
    return (
      <select aria-label={label} value={value ?? ''} onChange={(event) => onChange(event.target.value || null)}>
        <option value="">{none}</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  return (
    <input
      type="text"
      aria-label={label}
      spellCheck={false}
      autoComplete="off"
      inputMode={/int|numeric|real|double/.test(type) ? 'decimal' : 'text'}
      placeholder={value === null ? none : ''}
      value={value ?? ''}
      onChange={({ target }) => onChange(target.value === '' && !/text|char/.test(type) ? null : target.value)}
    />
  );
}
