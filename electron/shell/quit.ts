/** Quits without losing a byte: transfers stop and are journalled first. They go on at the next start. */
import { app } from 'electron';
import type { Log } from '../app/index.ts';

/** Longest wait for the journal, in ms; what is not journalled by then is fetched again, nothing is damaged. */
const patience = 10_000;

/**
 * Holds every way to quit (menu, tray, Cmd-Q, end of the session) until `close` has settled.
 * @param close stops what runs and journals it; called once
 */
export function setupSafeQuit(close: () => Promise<void>, log: Log): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(() => timeout.reject(new Error('Closing took too long')), patience);
    void Promise.race([close(), timeout.promise])
      .catch((error: unknown) => log.error('Not everything could be closed', error))
      .finally(() => {
        clearTimeout(timer);
        state = 'closed';
        app.quit();
      });
  });
}
