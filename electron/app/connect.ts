/** The typed client of an instance that runs in another process. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket } from 'ws';
import type { contract } from '../../shared/contract.ts';
import { readInstance, type InstanceRecord } from './instance-file.ts';

/** Calls the contract: in this process or over a socket, the same. */
export type Client = ContractRouterClient<typeof contract>;

export interface Connection {
  readonly client: Client;
  readonly instance: InstanceRecord;
  /** Resolves when the other side is gone, or after `close`. */
  readonly closed: Promise<void>;
  close(): void;
}

/** WebSocket subprotocols by which a client of /rpc names the protocol and proves itself; a browser can send nothing else. */
export const socketProtocol = 'sluice';
export const tokenProtocol = (token: string) => `sluice.token.${token}`;

/** Connects to the instance that uses this home; null where none runs. */
export async function connectInstance(home: string, timeoutMs = 3000): Promise<Connection | null> {
  const instance = readInstance(home);
  if (!instance) return null;
  const socket = new WebSocket(`ws://127.0.0.1:${instance.port}/rpc`, [socketProtocol, tokenProtocol(instance.token)], {
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const open = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  if (!open) return null;
  return {
    client: createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })),
    instance,
    closed,
    close: () => socket.close(),
  };
}
