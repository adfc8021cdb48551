/** Tells the person what ended while they looked elsewhere. */
import { Notification, type BrowserWindow } from 'electron';
import { formatBytes } from '../../shared/format.ts';
import { jobOrigin } from '../../shared/job-state.ts';
import type { DesktopCommand } from '../../shared/desktop.ts';
import type { Ending } from './activity.ts';

export interface NotificationOptions {
  readonly current: () => BrowserWindow | null;
  readonly send: (command: DesktopCommand) => void;
  readonly show: () => void;
  readonly wanted: () => boolean;
}

/** More endings than this at once become one notification. */
const most = 3;

export interface Notifications {
  /** Announces endings, unless the person looks at the window anyway. */
  ended(endings: readonly Ending[]): void;
  /** The window is closed and jobs go on: says so, because nothing else would. */
  goesOn(running: number): void;
}

/** Only what the person wants is shown: `wanted` is asked each time. */
export function setupNotifications({ current, send, show, wanted }: NotificationOptions): Notifications {
  /** A notification that nothing refers to is collected before it is clicked. */
  const alive = new Set<Notification>();

  const announce = (title: string, body: string, onClick: () => void): void => {
    if (!wanted() || !Notification.isSupported()) return;
    const notification = new Notification({ title, body });
    alive.add(notification);
    notification.on('click', () => {
      alive.delete(notification);
      onClick();
    });
    notification.on('close', () => alive.delete(notification));
    notification.show();
  };

  return {
    ended(endings) {
      if (endings.length === 0 || current()?.isFocused()) return;
      if (endings.length > most) {
        const { title, body } = manyWords(endings);
        announce(title, body, show);
        return;
      }
      for (const ending of endings) {
        const { title, body } = words(ending);
        announce(title, body, () => send({ kind: 'show-job', id: ending.job.id }));
      }
    },
    goesOn(running) {
      const jobs = running === 1 ? '1 download is' : `${running} downloads are`;
      announce('Sluice goes on in the background', `${jobs} still running. Click to open the window again.`, show);
    },
  };
}

/** Title and text for one job. */
export function words({ job, kind }: Ending): { title: string; body: string } {
  const { state } = job;
  if (state.kind === 'failed' || state.kind === 'attention') {
    const title = kind === 'failed' ? `${job.name} failed` : `${job.name} needs you`;
    return { title, body: state.failure.message };
  }
  const size = job.size === null ? '' : `${formatBytes(job.size)} `;
  return { title: `${job.name} is here`, body: `${size}from ${jobOrigin(job)}, in ${job.folder}` };
}

function manyWords(endings: readonly Ending[]): { title: string; body: string } {
  const completed = endings.filter(({ kind }) => kind === 'completed').length;
  const rest = endings.length - completed;
  const title = completed > 0 ? `${completed} downloads are here` : `${rest} downloads need you`;
  return { title, body: completed > 0 && rest > 0 ? `${rest} more need you.` : 'Open Sluice to see them.' };
}
