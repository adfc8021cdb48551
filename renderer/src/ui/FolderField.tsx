import { failure, type Failure } from '../../../shared/failure.ts';
import { formatBytes } from '../../../shared/format.ts';
import { useFolderInfo } from '../frame/use-folder-info.ts';
import { useClient, useMirror } from '../services.tsx';
import { Button } from './Button.tsx';
import { TextField } from './Field.tsx';

interface FolderFieldProps {
  value: string;
  /** Bytes that are to go there, where they are known. */
  needed?: number | null;
  /** What the engine said of this folder, if it refused it. */
  problem?: Failure | null;
  onChange: (folder: string) => void;
}

/** A folder with its free space; chosen with the system's dialog where there is one, else typed. */
export function FolderField({ value, needed = null, problem = null, onChange }: FolderFieldProps) {
  const client = useClient();
  const canChoose = useMirror((mirror) => mirror.info?.can.chooseFolder ?? false);
  const answer = useFolderInfo(value.trim() || null);
  const choose = async () => {
    const folder = await client.folders.choose({ from: value });
    if (folder !== null) onChange(folder);
  };
  const free = answer?.ok ? answer.folder.available : null;
  const tooSmall =
    free !== null && needed !== null && needed > free
      ? failure('disk-full', { folder: value, free: formatBytes(free), needed: formatBytes(needed) })
      : null;
  return (
    <TextField
      label="Folder"
      value={value}
      onChange={onChange}
      problem={problem ?? (answer && !answer.ok ? answer.failure : tooSmall)}
      hint={free === null ? ' ' : `${formatBytes(free)} free`}
      trailing={canChoose && <Button onClick={() => void choose()}>Choose…</Button>}
    />
  );
}
