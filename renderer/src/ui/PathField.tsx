import { useClient, useMirror } from '../services.tsx';
import { Button } from './Button.tsx';
import { TextField, type TextFieldProps } from './Field.tsx';

interface PathFieldProps extends Omit<TextFieldProps, 'trailing'> {
  of: 'file' | 'folder';
}

/** The whole path of a file or folder; chosen with the system's dialog where there is one, else typed. */
export function PathField({ of, ...props }: PathFieldProps) {
  const { value, onChange } = props;
  const client = useClient();
  const canChoose = useMirror((mirror) => mirror.info?.can.chooseFolder ?? false);
  const choose = async () => {
    const from = value.trim();
    const path = await client[of === 'file' ? 'files' : 'folders'].choose(from ? { from } : {});
    if (path !== null) onChange(path);
  };
  return <TextField {...props} trailing={canChoose && <Button onClick={() => void choose()}>Choose…</Button>} />;
}
