import { assertNever } from '../../../shared/assert-never.ts';
import type { Failure } from '../../../shared/failure.ts';
import { formatBytes } from '../../../shared/format.ts';
import { HeadersField } from '../add/HeadersField.tsx';
import { useMirror } from '../services.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Note, SelectField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { PathField } from '../ui/PathField.tsx';
import type { TypedTarget } from './draft.ts';
import { QueryFields } from './QueryFields.tsx';
import { shareKindWords } from './words.ts';

const quotas = [100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000];
const caches = [256_000_000, 1_000_000_000, 4_000_000_000, 16_000_000_000];

interface TargetFieldsProps {
  typed: TypedTarget;
  /** What is wrong with the path, link, query or job. */
  problem: Failure | null;
  onChange: (patch: Partial<TypedTarget>) => void;
}

/** Asks what a share serves. */
export function TargetFields({ typed, problem, onChange }: TargetFieldsProps) {
  const { kind } = typed;
  const of = {
    label: shareKindWords[kind].field,
    hint: shareKindWords[kind].hint,
    problem,
    value: typed.of,
    onChange: (text: string) => onChange({ of: text }),
  };
  switch (kind) {
    case 'file':
      return <PathField {...of} of="file" placeholder="/home/ada/film.mkv" />;
    case 'folder':
      return (
        <>
          <PathField {...of} of="folder" placeholder="/home/ada/Music" />
          <Checkbox
            label="Show hidden files"
            hint="Those whose names begin with a dot."
            checked={typed.hidden}
            onChange={(hidden) => onChange({ hidden })}
          />
          <Checkbox
            label="Others may upload into it"
            checked={typed.uploads}
            onChange={(uploads) => onChange({ uploads })}
          />
          {typed.uploads && (
            <SelectField
              label="Uploads may fill"
              value={typed.uploadQuota}
              choices={quotas}
              word={(size) => (size === null ? 'The disk, but for the last 1 GiB' : `${formatBytes(size)} in all`)}
              onChange={(uploadQuota) => onChange({ uploadQuota })}
            />
          )}
        </>
      );
    case 'remote':
      return (
        <>
          <TextField {...of} placeholder="https://…" />
          <SelectField
            label="Keep what was read on this disk"
            value={typed.cache || null}
            choices={caches}
            word={(size) => (size === null ? 'Nothing: it is fetched for each reader' : `Up to ${formatBytes(size)}`)}
            onChange={(cache) => onChange({ cache: cache ?? 0 })}
          />
          <Fold title="Headers" note={typed.headers.trim() ? 'Kept secret' : 'None'}>
            <HeadersField value={typed.headers} onChange={(headers) => onChange({ headers })} />
          </Fold>
        </>
      );
    case 'query':
      return <QueryFields typed={typed} problem={problem} onChange={onChange} />;
    case 'job':
    case 'feed':
      return <JobField kind={kind} value={typed.of} problem={problem} onChange={of.onChange} />;
    default:
      return assertNever(kind);
  }
}

interface JobFieldProps {
  kind: 'job' | 'feed';
  value: string;
  problem: Failure | null;
  onChange: (id: string) => void;
}

function JobField({ kind, value, problem, onChange }: JobFieldProps) {
  const jobs = useMirror((mirror) => mirror.jobs);
  const wanted = kind === 'job' ? 'download' : 'capture';
  const some = [...jobs.values()].filter((job) => job.kind === wanted);
  return (
    <div>
      <SelectField
        label={shareKindWords[kind].field}
        value={value || null}
        choices={some.map(({ id }) => id)}
        word={(id) => (id === null ? 'Choose one' : (jobs.get(id)?.name ?? id))}
        onChange={(id) => onChange(id ?? '')}
      />
      <Note problem={problem} />
    </div>
  );
}
