/** The programs that benches and tests compare with or need: found, or installed quietly where that is possible. */
import { spawnSync } from 'node:child_process';
import { aptInstall, canUseApt } from '../tools/programs.ts';

/** Debian packages by the program they bring. */
const packages: Readonly<Record<string, string>> = {
  aria2c: 'aria2',
  psql: 'postgresql-client',
  'ssh-agent': 'openssh-client',
  'ssh-keygen': 'openssh-client',
};

/** What tests put Sluice to work with. */
const clients = ['aria2c', 'curl', 'pgbouncer', 'psql', 'python3', 'ssh-agent', 'ssh-keygen', 'wget'];

const versionOf = (program: string, flag: string): string | null => {
  const { error, stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8', env: withSbin() });
  return error ? null : ((`${stdout}${stderr}`.match(/\d+\.\d+[.\d]*/) ?? [])[0] ?? 'unknown');
};

/** Root's programs are not on everybody's PATH. */
export function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** Versions by program. Throws, saying what is missing, where one cannot be had. */
export function ensurePrograms(names: readonly string[]): Record<string, string> {
  const version = (name: string) => versionOf(name, name === 'nginx' ? '-v' : '--version');
  const missing = names.filter((name) => version(name) === null).map((name) => packages[name] ?? name);
  if (missing.length > 0 && canUseApt) aptInstall(...missing);
  return Object.fromEntries(
    names.map((name) => {
      const found = version(name);
      if (found === null) throw new Error(`${name} is needed: install the package ${packages[name] ?? name}.`);
      return [name, found];
    }),
  );
}

/** The clients that tests lack, after an attempt to install them all at once: test files run side by side. */
export function missingClients(): string[] {
  try {
    ensurePrograms(clients);
    return [];
  } catch {
    return clients.filter((name) => versionOf(name, '--version') === null);
  }
}

/**
 * True where tests of a program can be left out: it is not here and cannot be installed, and this is a person's own
 * machine. On one that judges changes (`CI`) they run, and fail.
 */
export function lacks(program: string): boolean {
  try {
    ensurePrograms([program]);
    return false;
  } catch {
    return !process.env['CI'];
  }
}
