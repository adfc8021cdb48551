import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';

interface PasswordFieldProps {
  label: string;
  /** True where one is in the keychain. */
  kept: boolean;
  /** Undefined: as it is kept; null: none. */
  value: string | null | undefined;
  onChange: (password: string | null | undefined) => void;
}

/** A password that is kept is never shown; it stays, is replaced, or is forgotten. */
export function PasswordField({ label, kept, value, onChange }: PasswordFieldProps) {
  const forgets = kept && value === null;
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      placeholder={kept && !forgets ? 'Kept in the keychain' : 'None'}
      value={value ?? ''}
      onChange={(text) => onChange(text === '' ? (kept ? undefined : null) : text)}
      trailing={
        kept &&
        value === undefined && (
          <Button kind="quiet" small onClick={() => onChange(null)}>
            Forget
          </Button>
        )
      }
    />
  );
}
