/**
 * Whether the unpackaged desktop app can be started here. The npm package fetches Electron's binary on first use, which
 * some machines cannot reach: so it is looked for by its file, never by importing the package.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const places: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

export const electronBinary = join(
  import.meta.dirname,
  '../../node_modules/electron/dist',
  places[process.platform] ?? 'electron',
);

export type ElectronHere =
  | { readonly can: true; /** Prefix that gives the app a display. */ readonly wrapper: readonly string[] }
  | { readonly can: false; readonly why: string };

/** Can the app's window be opened here, and if not, why. */
export function electronHere(): ElectronHere {
  if (!existsSync(electronBinary)) {
    return { can: false, why: 'the Electron binary is not installed (npx install-electron fetches it)' };
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { can: false, why: 'Chromium’s sandbox, which the app insists on, does not run as root' };
  }
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (hasDisplay) return { can: true, wrapper: [] };
  const xvfb = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'xvfb-run')));
  return xvfb ? { can: true, wrapper: ['xvfb-run', '-a'] } : { can: false, why: 'there is no display and no xvfb-run' };
}
