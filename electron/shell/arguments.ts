/** What of the process's arguments are the person's. */
import { parseArgs } from 'node:util';
import { app } from 'electron';

/** Without the program and, where Electron was given a folder to run, without the folder. */
export function ownArguments(argv: readonly string[]): string[] {
  return argv.slice(app.isPackaged ? 1 : 2);
}

/** The value of `--home`, where it was given; switches that are not Sluice's belong to Chromium. */
export function homeFlag(args: readonly string[]): string | undefined {
  const { home } = parseArgs({
    args: [...args],
    options: { home: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  }).values;
  return typeof home === 'string' ? home : undefined;
}
