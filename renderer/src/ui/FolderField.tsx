import { failure, type Failure } from '../../../shared/failure.ts';
import { formatBytes } from '../../../shared/format.ts';
import { useFolderInfo } from '../frame/use-folder-info.ts';
import { PathField } from './PathField.tsx';

interface FolderFieldProps {
  value: string;
  /** Bytes that are to go there, where they are known. */
  needed?: number | null;
  /** What the engine said of this folder, if it refused it. */
  problem?: Failure | null;
  onChange: (folder: string) => void;
}

/** A folder that is to be written to, with its free space. */
export function FolderField({ value, needed = null, problem = null, onChange }: FolderFieldProps) {
  const answer = useFolderInfo(value.trim() || null);
  const free = answer?.ok ? answer.folder.available : null;
  const tooSmall =
    free !== null && needed !== null && needed > free
      ? failure('disk-full', { folder: value, free: formatBytes(free), needed: formatBytes(needed) })
      : null;
  return (
    <PathField
      of="folder"
      label="Folder"
      value={value}
      onChange={onChange}
      problem={problem ?? (answer && !answer.ok ? answer.failure : tooSmall)}
      // It changes while files arrive: nobody wants that read out.
      hint={<span aria-live="off">{free === null ? ' ' : `${formatBytes(free)} free`}</span>}
    />
  );
}
