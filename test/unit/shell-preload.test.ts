import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { appOrigin, channels, portMessage, type DesktopBridge, type DesktopCommand } from '../../shared/desktop.ts';

const { exposed, ipcRenderer } = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  ipcRenderer: { listeners: new Map<string, (...args: unknown[]) => void>(), sent: [] as unknown[] },
}));
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, value: unknown) => exposed.set(name, value) },
  ipcRenderer: {
    on: (channel: string, listener: (...args: unknown[]) => void) => ipcRenderer.listeners.set(channel, listener),
    send: (...args: unknown[]) => ipcRenderer.sent.push(args),
  },
}));

const page = new EventEmitter();
vi.stubGlobal('location', { origin: appOrigin });
vi.stubGlobal('window', { postMessage: (...args: unknown[]) => page.emit('message', ...args) });
await import('../../electron/preload.ts');
const bridge = exposed.get('sluice') as DesktopBridge;

test('the page gets three things, and no way to name a channel', () => {
  expect([...exposed.keys()]).toEqual(['sluice']);
  expect(Object.keys(bridge).toSorted()).toEqual(['onCommand', 'platform', 'requestPort']);
  bridge.requestPort();
  expect(ipcRenderer.sent).toEqual([[channels.port]]);
});

test('a port goes to our origin only', () => {
  const message = vi.fn<(...args: unknown[]) => void>();
  page.once('message', message);
  const port = {};
  ipcRenderer.listeners.get(channels.port)?.({ ports: [port] });
  expect(message).toHaveBeenCalledWith(portMessage, 'app://sluice', [port]);
});

test('a command that comes before the page listens is kept; none comes after it stopped', () => {
  const command = (id: string) => ipcRenderer.listeners.get(channels.command)?.({}, { kind: 'show-job', id });
  const got: DesktopCommand[] = [];
  command('early');
  const stop = bridge.onCommand((each) => got.push(each));
  command('now');
  stop();
  command('late');
  expect(got).toEqual([
    { kind: 'show-job', id: 'early' },
    { kind: 'show-job', id: 'now' },
  ]);
});
