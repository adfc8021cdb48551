/** Programs of others that tests drive: found, or installed where that may be done. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** As root on Debian and its kin. */
export const canUseApt = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

export function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/**
 * True where tests of a program can be left out: it is not here and cannot be installed, and this is a person's own
 * machine. On one that judges changes (`CI`) they run, and fail.
 * @param fromPackage The package that it is in, where that has another name.
 */
export function lacks(program: string, fromPackage = program): boolean {
  if (!has(program) && canUseApt) aptInstall(fromPackage);
  return !has(program) && !process.env['CI'];
}

export function aptInstall(name: string): void {
  quietly('apt-get', ['update', '-qq']);
  quietly('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name]);
}

/** Runs an installer, which tells by what is there afterwards whether it could. */
export function quietly(command: string, args: string[]): void {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000',
  };
  spawnSync(command, args, { stdio: 'ignore', timeout: 300_000, killSignal: 'SIGKILL', env });
}
