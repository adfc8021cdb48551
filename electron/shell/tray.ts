/** The tray icon: what all jobs do together, and the few things one wants without opening the window. */
import { join } from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import { formatRate } from '../../shared/format.ts';
import type { Activity } from './activity.ts';

export interface TrayActions {
  readonly show: () => void;
  readonly pauseAll: () => void;
  readonly resumeAll: () => void;
  readonly quit: () => void;
}

/**
 * Puts the icon in the tray.
 * @param icons folder of the tray images
 * @returns what shows new figures
 */
export function setupTray(icons: string, actions: TrayActions): (activity: Activity) => void {
  const mac = process.platform === 'darwin';
  const image = nativeImage.createFromPath(join(icons, mac ? 'trayTemplate.png' : 'tray.png'));
  const tray = new Tray(image);
  tray.on('click', () => {
    if (!mac) actions.show();
  });
  let shown = '';

  return (activity) => {
    const text = summary(activity);
    const key = `${text}|${activity.running > 0}|${activity.paused > 0}`;
    if (key === shown) return; // a menu that is rebuilt closes under the person's pointer on Linux
    shown = key;
    tray.setToolTip(`Sluice: ${text}`);
    if (mac) tray.setTitle(percentOf(activity) ?? '');
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text, enabled: false },
        { type: 'separator' },
        { label: 'Show Sluice', click: actions.show },
        { label: 'Pause All', enabled: activity.running > 0, click: actions.pauseAll },
        { label: 'Resume All', enabled: activity.paused > 0, click: actions.resumeAll },
        { type: 'separator' },
        { label: 'Quit', click: actions.quit },
      ]),
    );
  };
}

/** “3 running, 45 %, 12.3 MB/s”, or what there is instead. Percent in steps, so that it changes seldom. */
export function summary(activity: Activity): string {
  const { running, paused, attention, rate } = activity;
  if (running > 0) {
    const parts = [`${running} running`, percentOf(activity), rate >= 1 ? formatRate(coarse(rate)) : null];
    return parts.filter((part) => part !== null).join(', ');
  }
  if (attention > 0) return `${attention} ${attention === 1 ? 'needs' : 'need'} you`;
  if (paused > 0) return `${paused} paused`;
  return 'Nothing to do';
}

function percentOf({ fraction }: Activity): string | null {
  return fraction === null ? null : `${Math.floor(fraction * 100)} %`;
}

/** Two significant digits: enough for a glance. */
function coarse(rate: number): number {
  return Number(rate.toPrecision(2));
}
