import { useProfiles } from '../services.tsx';
import { SelectField } from '../ui/Field.tsx';

interface ConnectionFieldProps {
  value: string | null;
  onChange: (id: string | null) => void;
}

/** One of the connections that are kept. */
export function ConnectionField({ value, onChange }: ConnectionFieldProps) {
  const profiles = useProfiles() ?? [];
  return (
    <SelectField
      label="Connection"
      value={value}
      choices={profiles.map(({ id }) => id)}
      word={(id) => (id === null ? 'Choose one' : (profiles.find((one) => one.id === id)?.name ?? id))}
      onChange={onChange}
    />
  );
}
