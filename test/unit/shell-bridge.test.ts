import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { RPCHandler } from '@orpc/server/message-port';
import { describe, expect, test, vi } from 'vitest';
import { createRouter } from '../../electron/app/index.ts';
import { setupBridge } from '../../electron/shell/bridge.ts';
import type { contract } from '../../shared/contract.ts';
import { channels } from '../../shared/desktop.ts';
import { engineDouble } from './app-engine-double.ts';
import { ContentsDouble, FrameDouble, ipcMain } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const ours = new ContentsDouble();
const engine = engineDouble('/here');
const log = { info: vi.fn<() => void>(), error: vi.fn<() => void>() };
const handler = new RPCHandler(
  createRouter({
    engine,
    face: 'desktop',
    version: '1',
    home: '/home',
    ports: { choosePath: null, opener: null, power: null, quit: () => {} },
    log,
  }),
);
const onPage = vi.fn<(contents: unknown) => void>();
setupBridge({
  owns: (contents) => (contents as unknown) === ours,
  serve: (port) => handler.upgrade(port),
  onPage,
  log,
});

/** Asks as a preload script does; gives the port that the frame then got. */
function ask(sender: ContentsDouble, frame: FrameDouble | null) {
  ipcMain.emit(channels.port, { sender, senderFrame: frame });
  return frame?.posted.pop()?.ports[0];
}

describe('no port', () => {
  test.each([
    ['for a window that is not ours', new ContentsDouble(), new FrameDouble('app://sluice', null)],
    ['for a frame inside our page', ours, new FrameDouble('app://sluice', ours.mainFrame)],
    ['for another origin in our window', ours, new FrameDouble('https://evil.example', null)],
    ['for an origin that begins as ours', ours, new FrameDouble('app://sluice.evil', null)],
    ['for an opaque origin', ours, new FrameDouble('null', null)],
    ['for a file', ours, new FrameDouble('file://', null)],
    ['for a frame that is gone', ours, null],
  ])('%s', (_what, sender, frame) => {
    expect(ask(sender, frame)).toBeUndefined();
    expect(onPage).not.toHaveBeenCalled();
    expect(log.info).toHaveBeenCalled();
  });
});

test('our page speaks the contract over its port', async () => {
  const port = ask(ours, ours.mainFrame);
  if (!port) throw new Error('The page got no port');
  const client: ContractRouterClient<typeof contract> = createORPCClient(new RPCLink({ port }));
  port.start();
  expect(onPage).toHaveBeenCalledWith(ours);
  expect(await client.settings.get()).toMatchObject({ folder: '/here' });

  const events = await client.jobs.watch();
  expect(await events.next()).toMatchObject({ value: { type: 'snapshot', jobs: [] } });
  await events.return?.();

  // Asked again, as after a reload, a fresh port comes and the one before ends.
  const ended = new Promise((resolve) => port.once('close', resolve));
  const fresh = ask(ours, ours.mainFrame);
  await ended;
  expect(fresh).toBeDefined();
  fresh?.close();
});
