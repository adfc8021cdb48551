import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { defaultDownloadsFolder, resolveHome } from '../../electron/app/index.ts';

const around = (platform: NodeJS.Platform, env: Record<string, string> = {}) => ({
  platform,
  env,
  homeFolder: '/u/ada',
});

it('--home wins over SLUICE_HOME, which wins over the platform’s folder', () => {
  expect(resolveHome('here', around('linux', { SLUICE_HOME: '/other' }))).toBe(resolve('here'));
  expect(resolveHome(undefined, around('linux', { SLUICE_HOME: '/other' }))).toBe(resolve('/other'));
});

it.each([
  ['linux', {}, '/u/ada/.local/share/sluice'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/sluice'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/u/ada/.local/share/sluice'],
  ['darwin', {}, '/u/ada/Library/Application Support/Sluice'],
  ['win32', { APPDATA: '/u/ada/AppData/Roaming' }, '/u/ada/AppData/Roaming/Sluice'],
  ['win32', {}, '/u/ada/AppData/Roaming/Sluice'],
] as const)('%s with %o: %s', (platform, env, home) => {
  expect(resolveHome(undefined, around(platform, env))).toBe(join(home));
});

it('the downloads folder is the one that xdg-user-dirs names, else Downloads', () => {
  const config = mkdtempSync(join(tmpdir(), 'sluice-xdg-'));
  try {
    const linux = around('linux', { XDG_CONFIG_HOME: config });
    expect(defaultDownloadsFolder(linux)).toBe(join('/u/ada/Downloads'));
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'user-dirs.dirs'), '# x\nXDG_DESKTOP_DIR="$HOME/D"\nXDG_DOWNLOAD_DIR="$HOME/Geladen"\n');
    expect(defaultDownloadsFolder(linux)).toBe('/u/ada/Geladen');
  } finally {
    rmSync(config, { recursive: true, force: true });
  }
});
