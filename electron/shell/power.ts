/** Keeps the computer from falling asleep while jobs run, and only then. The display may still turn off. */
import { powerSaveBlocker } from 'electron';
import type { Activity } from './activity.ts';

/** @returns what follows the number of running jobs */
export function setupPowerSaveBlocker(): (activity: Pick<Activity, 'running'>) => void {
  let id: number | null = null;
  return ({ running }) => {
    if (running > 0 && id === null) id = powerSaveBlocker.start('prevent-app-suspension');
    if (running === 0 && id !== null) {
      powerSaveBlocker.stop(id);
      id = null;
    }
  };
}
