import type { Job } from '../../../shared/job.ts';
import { choicesOf, useDecide } from '../list/RowActions.tsx';
import { StateIcon } from '../list/StateIcon.tsx';
import { Button } from '../ui/Button.tsx';
import { useNow } from '../ui/use-now.ts';
import { choiceWords, failureIn, proofSentence, stateWord, whatIsWrong, whatToDo } from '../words.ts';
import styles from './Details.module.css';
import own from './StateBlock.module.css';

/** The state of a job with its reason, and what the person can do: nothing, where Sluice tries again by itself. */
export function StateBlock({ job }: { job: Job }) {
  const now = useNow(job.state.kind === 'waiting');
  const decide = useDecide(job);
  const failure = failureIn(job.state);
  const choices = choicesOf(job);
  return (
    <div className={own.stateBlock} data-state={job.state.kind}>
      <p className={own.stateWord}>
        <StateIcon kind={job.state.kind} size={15} />
        {stateWord(job, now)}
      </p>
      {failure && (
        <p className={own.failure}>
          {whatIsWrong(failure)} {job.state.kind !== 'waiting' && whatToDo(failure)}
        </p>
      )}
      {job.state.kind === 'completed' && <p className={styles.quiet}>{proofSentence(job)}</p>}
      {choices.length > 0 && (
        <div className={`${styles.choices} ${own.choices}`}>
          {choices.map((choice) => (
            <Button key={choice} small onClick={() => decide(choice)}>
              {choiceWords[choice]}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
