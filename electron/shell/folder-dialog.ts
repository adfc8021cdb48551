/** The system's dialog for choosing a folder. Since Electron 43 it no longer remembers the last one: this does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';

/**
 * @param home where the last folder is kept, as `last-folder`
 * @returns the port: asks the person for a folder, beginning at `from`, else at the last one; null where dismissed
 */
export function setupFolderDialog(
  home: string,
  current: () => BrowserWindow | null,
): (from?: string) => Promise<string | null> {
  const file = join(home, 'last-folder');
  return async (from) => {
    const start = from ?? read(file);
    const options: OpenDialogOptions = {
      title: 'Save To',
      buttonLabel: 'Save Here',
      properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'],
      ...(start ? { defaultPath: start } : {}),
    };
    const window = current();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options));
    const [folder] = filePaths;
    if (canceled || folder === undefined) return null;
    writeFileSync(file, folder, { mode: 0o600 });
    return folder;
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8') || null;
  } catch {
    return null;
  }
}
