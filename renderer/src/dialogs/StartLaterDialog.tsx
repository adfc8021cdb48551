import { useState } from 'react';
import { failure, type Failure } from '../../../shared/failure.ts';
import { useActions, useServices } from '../services.tsx';
import { TextField } from '../ui/Field.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { localTime, parseLocalTime } from '../ui/local-time.ts';
import { theseJobs } from '../words.ts';

const hour = 3_600_000;

/** Asks when downloads are to start. */
export function StartLaterDialog({ ids, onClose }: { ids: readonly string[]; onClose: () => void }) {
  const actions = useActions();
  const { mirror } = useServices();
  const [text, setText] = useState(() => {
    const [only] = ids;
    const given = ids.length === 1 && only ? mirror.getState().jobs.get(only)?.startAt : null;
    return localTime(given ?? Math.ceil(Date.now() / hour + 1) * hour);
  });
  const [problem, setProblem] = useState<Failure | null>(null);
  const save = async () => {
    const at = parseLocalTime(text);
    const failed =
      at === null
        ? failure('bad-input', { detail: 'This is not a day and a time.' })
        : await actions.setStartAt(ids, at);
    if (failed) setProblem(failed);
    else onClose();
  };
  return (
    <FormDialog
      title={`Start ${theseJobs(ids.flatMap((id) => mirror.getState().jobs.get(id) ?? []))} later`}
      width={400}
      onClose={onClose}
      submit="Start then"
      onSubmit={() => void save()}
    >
      <TextField
        label="Not before"
        type="datetime-local"
        value={text}
        problem={problem}
        onChange={(value) => {
          setText(value);
          setProblem(null);
        }}
      />
    </FormDialog>
  );
}
