/** The application menu: each platform's own items and shortcuts, and Sluice's commands for the page. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { DesktopCommand } from '../../shared/desktop.ts';

export interface MenuActions {
  readonly send: (command: DesktopCommand) => void;
  readonly pauseAll: () => void;
  readonly resumeAll: () => void;
}

export function setupMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, process.platform)));
}

/** The menu as data. On macOS settings and quitting are in the application's own menu, elsewhere under File. */
function menuTemplate(
  { send, pauseAll, resumeAll }: MenuActions,
  platform: NodeJS.Platform,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const settings: MenuItemConstructorOptions = {
    label: 'Settings…',
    accelerator: 'CmdOrCtrl+,',
    click: () => send({ kind: 'settings' }),
  };
  const appMenu: MenuItemConstructorOptions = {
    label: app.name,
    submenu: [
      { role: 'about' },
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
  const fileMenu: MenuItemConstructorOptions = {
    label: 'File',
    submenu: [
      { label: 'New Download…', accelerator: 'CmdOrCtrl+N', click: () => send({ kind: 'add', links: [] }) },
      separator,
      { label: 'Pause All', accelerator: 'CmdOrCtrl+Shift+P', click: pauseAll },
      { label: 'Resume All', accelerator: 'CmdOrCtrl+Shift+R', click: resumeAll },
      separator,
      ...(mac ? [] : [settings, separator]),
      { role: 'close' },
      ...(mac ? [] : [{ role: 'quit' as const }]),
    ],
  };
  const editMenu: MenuItemConstructorOptions = {
    label: 'Edit',
    submenu: [
      { role: 'undo' },
      { role: 'redo' },
      separator,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      separator,
      { label: 'Find…', accelerator: 'CmdOrCtrl+F', click: () => send({ kind: 'search' }) },
    ],
  };
  const viewMenu: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [
      { label: 'Commands…', accelerator: 'CmdOrCtrl+K', click: () => send({ kind: 'palette' }) },
      { label: 'Details', accelerator: 'CmdOrCtrl+I', click: () => send({ kind: 'toggle-details' }) },
      separator,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      separator,
      { role: 'togglefullscreen' },
      ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
    ],
  };
  return [...(mac ? [appMenu] : []), fileMenu, editMenu, viewMenu, { role: 'windowMenu' }];
}
