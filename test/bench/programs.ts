/** The programs that a bench compares with or needs: found, or installed quietly where that is possible. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian packages by the program they bring. */
const packages: Readonly<Record<string, string>> = { nginx: 'nginx', aria2c: 'aria2', curl: 'curl' };

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
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options);
  }
  return Object.fromEntries(
    names.map((name) => {
      const found = version(name);
      if (found === null) throw new Error(`This bench needs ${name}: install the package ${packages[name] ?? name}.`);
      return [name, found];
    }),
  );
}
