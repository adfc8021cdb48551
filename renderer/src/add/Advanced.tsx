import type { Failure } from '../../../shared/failure.ts';
import { useMirror } from '../services.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ChoiceField, SelectField, TextArea, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { priorityWords } from '../words.ts';
import { HeadersField } from './HeadersField.tsx';
import { limitProblem, type Options } from './options.ts';
import fields from '../ui/Fields.module.css';

const counts = [1, 2, 3, 4, 6, 8, 12, 16];

interface AdvancedProps {
  options: Options;
  single: boolean;
  nameProblem: Failure | null;
  checksumProblem: Failure | null;
  onChange: (patch: Partial<Options>) => void;
}

/** What most people never need, folded; it unfolds by itself where something in it is wrong. */
export function Advanced({ options, single, nameProblem, checksumProblem, onChange }: AdvancedProps) {
  const standard = useMirror((mirror) => mirror.settings?.connections ?? null);
  return (
    <Fold title="Advanced" force={nameProblem !== null || checksumProblem !== null}>
      <div className={fields.pair}>
        <SelectField
          label="Connections"
          value={options.connections}
          choices={counts}
          word={(count) =>
            count === null ? (standard === null ? 'Automatic' : `As in settings (${standard})`) : String(count)
          }
          onChange={(connections) => onChange({ connections })}
        />
        <TextField
          label="Speed limit"
          placeholder="No limit"
          value={options.limit}
          problem={limitProblem(options.limit)}
          hint="Bytes per second, like 500K or 2M."
          onChange={(limit) => onChange({ limit })}
        />
      </div>
      {single && (
        <>
          <TextField
            label="File name"
            placeholder="From the server"
            value={options.name}
            problem={nameProblem}
            onChange={(name) => onChange({ name })}
          />
          <TextField
            label="Checksum"
            placeholder="sha-256:…"
            hint="Or “auto”: from a file beside the link, like LINK.sha256."
            value={options.checksum}
            problem={checksumProblem}
            onChange={(checksum) => onChange({ checksum })}
          />
          <TextArea
            label="Mirrors"
            rows={2}
            placeholder="https://…"
            value={options.mirrors}
            hint="Other links to the same file, one on each line. Used where a checksum proves what they give."
            onChange={(mirrors) => onChange({ mirrors })}
          />
        </>
      )}
      <HeadersField value={options.headers} onChange={(headers) => onChange({ headers })} />
      <div className={fields.pair}>
        <ChoiceField
          label="Priority"
          value={options.priority}
          words={priorityWords}
          onChange={(priority) => onChange({ priority })}
        />
        <TextField
          label="Start not before"
          type="datetime-local"
          value={options.startAt}
          onChange={(startAt) => onChange({ startAt })}
        />
      </div>
      <Checkbox label="Add it paused" checked={options.paused} onChange={(paused) => onChange({ paused })} />
    </Fold>
  );
}
