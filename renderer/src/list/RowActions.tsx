import { EllipsisVertical, FolderOpen, Pause, Play, RotateCw, Trash2, type LucideIcon } from 'lucide-react';
import type { MouseEvent } from 'react';
import { allowedActions, type JobAction } from '../../../shared/job-state.ts';
import type { AttentionChoice, Job } from '../../../shared/job.ts';
import { useActions, useMirror, useServices } from '../services.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { isAsking } from '../view/view.ts';
import { choiceWords } from '../words.ts';
import styles from './JobRow.module.css';

/** The one action that fits a state best; its button stands in the row. */
function mainAction(job: Job, canOpenFiles: boolean): readonly [JobAction, string, LucideIcon] {
  const allowed = allowedActions(job.state.kind);
  if (job.state.kind === 'waiting')
    return isForATime(job) ? ['resume', 'Start now', Play] : ['resume', 'Try now', RotateCw];
  if (allowed.includes('pause')) return ['pause', 'Pause', Pause];
  if (allowed.includes('resume')) return ['resume', 'Resume', Play];
  if (allowed.includes('reveal') && canOpenFiles) return ['reveal', 'Show in folder', FolderOpen];
  if (job.state.kind === 'cancelled') return ['retry', 'Start again', RotateCw];
  return ['remove', 'Remove', Trash2];
}

/** True where a job waits for a time that the person chose, not after a failure. */
export function isForATime({ state }: Job): boolean {
  return state.kind === 'waiting' && (state.reason === 'start-at' || state.reason === 'schedule');
}

export function RowActions({ job, tabbable }: { job: Job; tabbable: boolean }) {
  const actions = useActions();
  const canOpenFiles = useMirror((mirror) => mirror.info?.can.openFiles ?? false);
  const [action, label, Icon] = mainAction(job, canOpenFiles);
  const tabIndex = tabbable ? 0 : -1;
  const run = () => {
    if (action === 'remove') actions.askRemove([job.id]);
    else if (action === 'reveal' || action === 'open') actions[action](job.id);
    else actions[action]([job.id]);
  };
  return (
    <div role="gridcell" className={styles.actions}>
      <IconButton label={label} tabIndex={tabIndex} onClick={run}>
        <Icon size={15} />
      </IconButton>
      <IconButton label="More" aria-haspopup="menu" tabIndex={tabIndex} onClick={openMenu}>
        <EllipsisVertical size={15} />
      </IconButton>
    </div>
  );
}

/** Opens the row's context menu below its button: one menu serves the mouse, the keyboard and this. */
function openMenu(event: MouseEvent<HTMLButtonElement>): void {
  const { left, bottom } = event.currentTarget.getBoundingClientRect();
  event.currentTarget.dispatchEvent(
    new window.MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left, clientY: bottom + 2 }),
  );
}

/** What a stopped job lets the person decide; at most two buttons, the rest is in the menu. */
export function Choices({ job, tabbable }: { job: Job; tabbable: boolean }) {
  const decide = useDecide(job);
  return (
    <div role="gridcell" className={styles.choices} aria-colspan={2}>
      {choicesOf(job)
        .slice(0, 2)
        .map((choice) => (
          <Button key={choice} small tabIndex={tabbable ? 0 : -1} onClick={() => decide(choice)}>
            {choiceWords[choice]}
          </Button>
        ))}
    </div>
  );
}

export function choicesOf(job: Job): readonly AttentionChoice[] {
  if (job.state.kind === 'attention') return job.state.choices;
  return job.state.kind === 'failed' ? ['retry'] : [];
}

/** Does what the person chose; where that needs a folder, a link or a password, it is asked for first. */
export function useDecide(job: Job): (choice: AttentionChoice) => void {
  const { view, actions } = useServices();
  return (choice) => {
    if (job.state.kind === 'failed') actions.retry([job.id]);
    else if (isAsking(choice)) view.setState({ dialog: { kind: 'decide', id: job.id, choice } });
    else if (choice === 'open-link') actions.openLink(job.id);
    else void actions.decide(job.id, choice);
  };
}
