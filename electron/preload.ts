/** All that the page gets of Electron: a port to the engine, and the commands of menu, tray and links. */
import { contextBridge, ipcRenderer } from 'electron';
import { channels, portMessage, type DesktopBridge, type DesktopCommand } from '../shared/desktop.ts';

declare const window: { postMessage(message: unknown, origin: string, transfer: readonly unknown[]): void };
declare const location: { readonly origin: string };

const listeners = new Set<(command: DesktopCommand) => void>();
let waiting: DesktopCommand[] = [];

ipcRenderer.on(channels.command, (_event, command: DesktopCommand) => {
  if (listeners.size === 0) waiting.push(command);
  for (const listener of listeners) listener(command);
});

// A port cannot cross the context bridge; a window message carries it into the page, and to no other origin.
ipcRenderer.on(channels.port, ({ ports }) => window.postMessage(portMessage, location.origin, ports));

const bridge: DesktopBridge = {
  platform: process.platform as DesktopBridge['platform'],
  requestPort: () => ipcRenderer.send(channels.port),
  onCommand(listener) {
    listeners.add(listener);
    for (const command of waiting) listener(command);
    waiting = [];
    return () => listeners.delete(listener);
  },
};
contextBridge.exposeInMainWorld('sluice', bridge);
