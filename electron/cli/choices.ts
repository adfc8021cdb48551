/** What a person can do about a job that needs attention, as the commands that do it. */
import type { AttentionChoice, Job } from '../../shared/job.ts';

interface ChoiceWords {
  /** What the command needs besides the choice, as a placeholder. */
  readonly needs: string;
  readonly means: string;
}

const words: Readonly<Record<AttentionChoice, ChoiceWords>> = {
  retry: { needs: '', means: 'try again' },
  'start-over': { needs: '', means: 'start over: what has arrived goes' },
  'change-folder': { needs: '--folder DIR', means: 'go on in another folder: what has arrived moves there' },
  'open-link': { needs: '', means: 'open the link in a browser' },
  keep: { needs: '', means: 'leave it paused, as it is' },
  'new-link': { needs: '--url URL', means: 'go on with another link to the same file' },
  login: { needs: '--user NAME', means: 'log in: the password is asked for' },
  trust: { needs: '', means: 'accept this certificate for this host' },
  'allow-http': { needs: '', means: 'go on over plain http, this download only' },
};

/** One line for each choice: the command, and what it does. `prefix` is what follows “sluice decide”, the id last. */
export function choiceLines(choices: readonly AttentionChoice[], prefix: string): string[] {
  const commands = choices.map((choice) => `sluice decide ${prefix} ${choice} ${words[choice].needs}`.trimEnd());
  const width = Math.max(...commands.map((command) => command.length));
  return choices.map((choice, index) => `  ${commands[index]?.padEnd(width)}   ${words[choice].means}`);
}

/** The choices of a job; none where it does not need attention. */
export function choicesOf({ state }: Job): readonly AttentionChoice[] {
  return state.kind === 'attention' ? state.choices : [];
}
