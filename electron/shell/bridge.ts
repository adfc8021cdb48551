/**
 * The page's way to the engine: a port, handed only to the main frame of one of our windows while it shows our origin.
 * The preload script asks on `sluice:port`; one side of a fresh channel goes to the router, the other to the page.
 */
import { ipcMain, MessageChannelMain, type IpcMainEvent, type MessagePortMain, type WebContents } from 'electron';
import { appOrigin, channels } from '../../shared/desktop.ts';
import type { Log } from '../app/index.ts';

export interface BridgeOptions {
  /** True for the page of a window that this app opened. */
  readonly owns: (contents: WebContents) => boolean;
  /** Serves the contract over the main process's side of the channel. */
  readonly serve: (port: MessagePortMain) => void;
  /** The page is there and listens. */
  readonly onPage: (contents: WebContents) => void;
  readonly log: Log;
}

export function setupBridge({ owns, serve, onPage, log }: BridgeOptions): void {
  /** One port per page: asking again closes the one before, so that a page cannot pile them up. */
  const ports = new WeakMap<WebContents, MessagePortMain>();

  ipcMain.on(channels.port, (event) => {
    const frame = event.senderFrame;
    if (!frame || !mayHavePort(event, owns)) {
      log.info(`A port was refused to ${frame?.url ?? 'a frame that is gone'}`);
      return;
    }
    ports.get(event.sender)?.close();
    const { port1, port2 } = new MessageChannelMain();
    ports.set(event.sender, port1);
    serve(port1);
    port1.start(); // what the page has sent meanwhile waited for this
    frame.postMessage(channels.port, null, [port2]);
    onPage(event.sender);
  });
}

/** The one question on which the page's rights rest: our window, its main frame, our origin, still there. */
function mayHavePort(
  event: Pick<IpcMainEvent, 'sender' | 'senderFrame'>,
  owns: (contents: WebContents) => boolean,
): boolean {
  const frame = event.senderFrame;
  return frame !== null && owns(event.sender) && frame.parent === null && frame.origin === appOrigin;
}
