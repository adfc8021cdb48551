/** Installs programs of others that tests and benches drive, where that may be done. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** As root on Debian and its kin. */
export const canUseApt = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** What Debian asks before a package starts its service (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d';
const NONE =
  '#!/bin/sh\n# Put here, for that time only, by what installs the programs that Sluice is tested with.\nexit 101\n';

/** Installs Debian packages, whose services are not started; what is there afterwards tells whether it could. */
export function aptInstall(...names: string[]): void {
  quietly('apt-get', ['update', '-qq']);
  // Another apt-get may be at work.
  const patience = ['-o', 'DPkg::Lock::Timeout=120'];
  // One that was interrupted left it.
  const isOurs = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === NONE;
  if (isOurs) writeFileSync(POLICY, NONE, { mode: 0o755 });
  try {
    quietly('apt-get', ['install', '-y', '-qq', ...patience, '--no-install-recommends', ...names]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
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
