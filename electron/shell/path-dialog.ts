/** The system's dialogs for choosing a file or a folder. Since Electron 43 they forget where they were: this does not. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';

const dialogs = {
  file: { title: 'Choose a File', buttonLabel: 'Choose', properties: ['openFile', 'showHiddenFiles'] },
  folder: { title: 'Choose a Folder', buttonLabel: 'Choose', properties: ['openDirectory', 'createDirectory'] },
} as const satisfies Record<string, OpenDialogOptions>;

/**
 * @param home where the last folder is kept, as `last-folder`
 * @returns the port: asks the person for a path, beginning at `from`, else at the last folder; null where dismissed
 */
export function setupPathDialog(
  home: string,
  current: () => BrowserWindow | null,
): (what: keyof typeof dialogs, from?: string) => Promise<string | null> {
  const file = join(home, 'last-folder');
  return async (what, from) => {
    const start = from ?? read(file);
    const { properties, ...words } = dialogs[what];
    const options: OpenDialogOptions = {
      ...words,
      properties: [...properties, 'dontAddToRecent'],
      ...(start ? { defaultPath: start } : {}),
    };
    const window = current();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options));
    const [path] = filePaths;
    if (canceled || path === undefined) return null;
    writeFileSync(file, what === 'folder' ? path : dirname(path), { mode: 0o600 });
    return path;
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8') || null;
  } catch {
    return null;
  }
}
