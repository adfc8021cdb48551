/** Hands finished files and links to the programs of this computer. A file that is itself a program is asked about. */
import { access } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { dialog, shell, type BrowserWindow, type MessageBoxOptions } from 'electron';
import { SluiceError } from '../../shared/failure.ts';
import type { Ports } from '../app/index.ts';
import { openLink } from './security.ts';

/**
 * What a double click would run rather than show, on any of the platforms: Chromium's list of dangerous file types
 * (download_file_types.asciipb) names many more; these are those that start without asking again.
 */
const programs = new Set(
  (
    'exe msi msix appx com scr pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta cpl msc jar reg lnk url scf inf ' +
    'application gadget chm sh bash command tool app pkg mpkg dmg workflow terminal scpt applescript webloc inetloc ' +
    'fileloc desktop appimage deb rpm run bin flatpakref snap py pl rb'
  ).split(' '),
);

/** True where opening the file may run it. Trailing dots and spaces count for nothing, as on Windows. */
export function isProgram(path: string): boolean {
  const name = basename(path).replace(/[. ]+$/, '');
  return programs.has(extname(name).slice(1).toLowerCase());
}

export function setupOpener(current: () => BrowserWindow | null): NonNullable<Ports['opener']> {
  return {
    async open(path) {
      await mustExist(path);
      if (isProgram(path)) {
        const answer = await ask(path, current());
        if (answer === 'show') shell.showItemInFolder(path);
        if (answer !== 'open') return;
      }
      const problem = await shell.openPath(path);
      if (problem) throw new SluiceError('not-here', { what: `Opening ${basename(path)}`, next: problem });
    },
    async reveal(path) {
      await mustExist(path);
      shell.showItemInFolder(path);
    },
    openLink,
  };
}

async function mustExist(path: string): Promise<void> {
  await access(path).catch((cause: unknown) => {
    throw new SluiceError('disk-error', { detail: `${path} is no longer there` }, { cause });
  });
}

async function ask(path: string, window: BrowserWindow | null): Promise<'cancel' | 'show' | 'open'> {
  const options: MessageBoxOptions = {
    type: 'warning',
    message: `${basename(path)} is a program.`,
    detail: 'It can do anything on this computer that you can do. Open it only if you trust where it came from.',
    buttons: ['Cancel', 'Show in Folder', 'Open'],
    defaultId: 1,
    cancelId: 0,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return (['cancel', 'show', 'open'] as const)[response] ?? 'cancel';
}
