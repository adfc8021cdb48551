/** Where Sluice keeps its store, and where files go until the person chooses otherwise. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** What of the surroundings these functions read; tests pass their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeFolder: string;
}
const here = (): Surroundings => ({ env: process.env, platform: process.platform, homeFolder: homedir() });

/**
 * The home folder: `--home`, else SLUICE_HOME, else the platform's data folder. Always absolute.
 * XDG Base Directory Specification: a relative XDG_DATA_HOME is invalid and ignored.
 */
export function resolveHome(flag?: string, { env, platform, homeFolder }: Surroundings = here()): string {
  const chosen = flag || env['SLUICE_HOME'];
  if (chosen) return resolve(chosen);
  if (platform === 'darwin') return join(homeFolder, 'Library', 'Application Support', 'Sluice');
  if (platform === 'win32') return join(env['APPDATA'] || join(homeFolder, 'AppData', 'Roaming'), 'Sluice');
  const data = env['XDG_DATA_HOME'];
  return join(data && isAbsolute(data) ? data : join(homeFolder, '.local', 'share'), 'sluice');
}

/** The person's downloads folder: what xdg-user-dirs says on Linux, else `Downloads` in the user's folder. */
export function defaultDownloadsFolder({ env, platform, homeFolder }: Surroundings = here()): string {
  const usual = join(homeFolder, 'Downloads');
  if (platform === 'darwin' || platform === 'win32') return usual;
  const config = env['XDG_CONFIG_HOME'] || join(homeFolder, '.config');
  try {
    const dirs = readFileSync(join(config, 'user-dirs.dirs'), 'utf8');
    const folder = /^\s*XDG_DOWNLOAD_DIR="(.+)"\s*$/m.exec(dirs)?.[1]?.replace(/^\$HOME(?=\/|$)/, homeFolder);
    return folder && isAbsolute(folder) ? folder : usual;
  } catch {
    return usual;
  }
}
