/** Progress on the taskbar button or the dock icon, and the number of running jobs as its badge. */
import { app, type BrowserWindow } from 'electron';
import type { Activity } from './activity.ts';

/** @returns what shows new figures */
export function setupProgress(current: () => BrowserWindow | null): (activity: Activity) => void {
  let badge = 0;
  return (activity) => {
    const { value, mode } = progressOf(activity);
    current()?.setProgressBar(value, { mode });
    if (activity.running !== badge) {
      badge = activity.running;
      app.setBadgeCount(badge);
    }
  };
}

/** Electron's figures: below 0 takes the bar away, above 1 means that there is no end in sight. */
export function progressOf({ running, fraction, attention }: Activity): {
  value: number;
  mode: 'none' | 'normal' | 'indeterminate' | 'error';
} {
  if (running === 0) return { value: -1, mode: 'none' };
  if (fraction === null) return { value: 2, mode: 'indeterminate' };
  return { value: fraction, mode: attention > 0 ? 'error' : 'normal' };
}
