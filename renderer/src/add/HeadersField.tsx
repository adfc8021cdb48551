import { TextArea } from '../ui/Field.tsx';
import { parseHeaders } from './options.ts';

interface HeadersFieldProps {
  value: string;
  onChange: (headers: string) => void;
}

/** Header fields that go out with each request, a line each. */
export function HeadersField({ value, onChange }: HeadersFieldProps) {
  return (
    <TextArea
      label="Headers"
      rows={2}
      placeholder="Authorization: Bearer …"
      value={value}
      problem={parseHeaders(value).problem}
      onChange={onChange}
    />
  );
}
