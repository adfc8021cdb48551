import { formatLimit } from '../../../shared/format.ts';
import type { Job } from '../../../shared/job.ts';
import { useActions } from '../services.tsx';
import { ChoiceField, SelectField } from '../ui/Field.tsx';
import fields from '../ui/Fields.module.css';
import { priorityWords } from '../words.ts';
import { Section } from './Facts.tsx';

const limits = [250_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 25_000_000];
const counts = [1, 2, 3, 4, 6, 8, 12, 16];

/** The limits of one job that is not done, changed while it runs. A capture takes what its feed gives. */
export function Controls({ job }: { job: Job }) {
  const actions = useActions();
  if (job.state.kind === 'completed') return null;
  return (
    <Section title="Limits and order">
      <div className={fields.pair}>
        {job.kind !== 'capture' && (
          <SelectField
            label="Speed"
            value={job.limit}
            choices={withValue(limits, job.limit)}
            word={(limit) => (limit === null ? 'No limit' : formatLimit(limit))}
            onChange={(limit) => actions.setLimit(job.id, limit)}
          />
        )}
        {job.kind === 'download' && (
          <SelectField
            label="Connections"
            value={job.connections}
            choices={withValue(counts, job.connections)}
            word={(count) => (count === null ? 'Automatic' : String(count))}
            onChange={(count) => actions.setConnections(job.id, count)}
          />
        )}
        <ChoiceField
          label="Priority"
          value={job.priority}
          words={priorityWords}
          onChange={(priority) => actions.setPriority([job.id], priority)}
        />
      </div>
    </Section>
  );
}

/** The choices, with the value that stands now among them. */
function withValue(choices: readonly number[], value: number | null): readonly number[] {
  return value === null || choices.includes(value) ? choices : [...choices, value].toSorted((a, b) => a - b);
}
