/** The command line inside the packaged app: `Sluice cli get …`. No window, no tray, no second engine by mistake. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { resolveHome } from '../app/index.ts';
import { homeFlag } from './arguments.ts';

/**
 * Runs a command to its end and exits with its code.
 * It begins after `ready`: Electron sets its own handlers for SIGINT and SIGTERM before, and Ctrl-C is the command's.
 */
export function startTerminal(args: readonly string[], run: (args: readonly string[]) => Promise<number>): void {
  const folder = join(resolveHome(homeFlag(args)), 'chromium', 'cli');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  app.setPath('userData', folder);
  app.disableHardwareAcceleration();
  app.dock?.hide();
  // Over ssh there is no display, and Chromium would refuse to start for want of one.
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) {
    app.commandLine.appendSwitch('ozone-platform', 'headless');
  }
  void app
    .whenReady()
    .then(() => run(args))
    .then((code) => app.exit(code))
    .catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      app.exit(1);
    });
}
