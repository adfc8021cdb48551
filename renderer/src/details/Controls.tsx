import { formatLimit } from '../../../shared/format.ts';
import type { Job } from '../../../shared/job.ts';
import { useActions } from '../services.tsx';
import { ChoiceField, SelectField } from '../ui/Field.tsx';
import { priorityWords } from '../words.ts';
import styles from './Details.module.css';

const limits = [250_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 25_000_000];
const counts = [1, 2, 3, 4, 6, 8, 12, 16];

/** The limits of one job, changed while it runs. */
export function Controls({ job }: { job: Job }) {
  const actions = useActions();
  return (
    <div className={styles.controls}>
      <SelectField
        label="Speed"
        value={job.limit}
        choices={withValue(limits, job.limit)}
        word={(limit) => (limit === null ? 'No limit' : formatLimit(limit))}
        onChange={(limit) => actions.setLimit(job.id, limit)}
      />
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
  );
}

/** The choices, with the value that stands now among them. */
function withValue(choices: readonly number[], value: number | null): readonly number[] {
  return value === null || choices.includes(value) ? choices : [...choices, value].toSorted((a, b) => a - b);
}
