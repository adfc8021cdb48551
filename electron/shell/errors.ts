/** Errors that nobody expected: always logged, shown to the person once. */
import { app, dialog } from 'electron';
import type { Log } from '../app/index.ts';

export function setupErrors(log: Log): void {
  let shown = false;
  const report = (kind: string, error: unknown): void => {
    log.error(kind, error);
    if (shown) return;
    shown = true;
    void tell(error instanceof Error ? error.message : String(error));
  };
  process.on('uncaughtException', (error) => report('An error was not caught', error));
  process.on('unhandledRejection', (reason) => report('A rejection was not handled', reason));
}

async function tell(problem: string): Promise<void> {
  await app.whenReady();
  const { response } = await dialog.showMessageBox({
    type: 'error',
    message: 'Something in Sluice broke.',
    detail: `${problem}\n\nDownloads are kept as they are. Quit and start Sluice again; if it happens again, report it with the log.`,
    buttons: ['Quit', 'Go On'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) app.quit();
}
