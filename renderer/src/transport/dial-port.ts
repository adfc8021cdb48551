import { RPCLink } from '@orpc/client/message-port';
import { portMessage, type DesktopBridge } from '../../../shared/desktop.ts';
import type { Dial } from './client.ts';

declare global {
  interface Window {
    /** There in the desktop window only. */
    readonly sluice?: DesktopBridge;
  }
}

/** Dials the main process of the desktop window. */
export function dialPort(bridge: Pick<DesktopBridge, 'requestPort'>): Dial {
  return async (signal) => {
    const port = await receivePort(bridge, signal);
    const closed = new Promise<void>((resolve) => port.addEventListener('close', () => resolve(), { once: true }));
    port.start();
    return { link: new RPCLink({ port }), closed, close: () => port.close() };
  };
}

function receivePort(bridge: Pick<DesktopBridge, 'requestPort'>, signal: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const take = (event: MessageEvent) => {
      if (event.source !== window || event.origin !== location.origin || event.data !== portMessage) return;
      const [port] = event.ports;
      if (!port) return;
      listening.abort();
      resolve(port);
    };
    window.addEventListener('message', take, { signal: listening.signal });
    signal.addEventListener('abort', () => {
      listening.abort();
      reject(new Error('Stopped'));
    });
    bridge.requestPort();
  });
}
