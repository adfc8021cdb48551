/** The torturer's hold on an engine in another process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Engine } from '../../electron/engine/index.ts';
import type { ConnectionDraft } from '../../shared/database.ts';
import { peakRssOf } from '../bench/process-meter.ts';
import type { Call, Leaks, Method, Reply, Result } from './engine-messages.ts';
import type { Disk } from './small-disk.ts';

export interface EngineHandle {
  /** Codes of what went wrong while opening. */
  readonly notices: readonly string[];
  /** Calls a method of the engine. Rejects with its failure's message, or when the process has gone. */
  call<M extends Method>(method: M, ...args: Parameters<Engine[M]>): Promise<Result<M>>;
  jumpClock(by: number): Promise<void>;
  /** Keeps a connection to a database; resolves to its id. */
  saveConnection(draft: ConnectionDraft): Promise<string>;
  /** Highest resident memory so far, in bytes; null where /proc is not there. */
  peakRss(): number | null;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Closes the engine as a quit does; what it still holds then. Ends the process. */
  close(): Promise<Leaks>;
}

export interface EngineStart {
  readonly home: string;
  readonly folder: string;
  /** True: nothing that is unfinished starts before it is asked for. */
  readonly hold: boolean;
  /** Ms by which the clock is wrong. */
  readonly clockOffset: number;
  /** A folder that is a file system of its own for this engine. */
  readonly disk?: Disk | null;
}

/** Why an engine's process ended though nobody killed it, in its own words. */
export class EngineDied extends Error {
  override readonly name = 'EngineDied';
}

/** Starts a process with an engine. Throws `EngineDied` where it cannot open, or ends by itself. */
export async function startEngine({ home, folder, hold, clockOffset, disk }: EngineStart): Promise<EngineHandle> {
  const here = import.meta.dirname;
  const preloads = ['clock-offset.ts', ...(disk?.env ? ['injected-disk.ts'] : [])];
  const child = fork(join(here, 'engine-process.ts'), [home, folder, hold ? 'hold' : 'go'], {
    execArgv: preloads.flatMap((name) => ['--import', join(here, name)]),
    env: { ...process.env, ...disk?.env, SLUICE_CLOCK_OFFSET: String(clockOffset) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const words: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => words.push(chunk));
  const ended = once(child, 'close');
  const { promise: died, reject: die } = Promise.withResolvers<never>();
  died.catch(() => {});
  child.once('close', (code, signal) => {
    const how = `The engine's process ended by itself (${code ?? signal}): ${Buffer.concat(words).toString()}`;
    die(new EngineDied(how));
  });

  const open = Promise.withResolvers<readonly string[]>();
  const pending = new Map<number, (reply: Reply) => void>();
  child.on('message', (reply: Reply) => {
    if ('opened' in reply) open.resolve(reply.opened);
    else if ('refused' in reply) open.reject(new EngineDied(`The engine did not open: ${reply.refused}`));
    else {
      pending.get(reply.id)?.(reply);
      pending.delete(reply.id);
    }
  });

  let lastId = 0;
  const send = (method: Call['method'], args: readonly unknown[]): Promise<unknown> => {
    lastId += 1;
    const call: Call = { id: lastId, method, args };
    const answer = new Promise<unknown>((resolve, reject) => {
      pending.set(call.id, (reply) => {
        if ('error' in reply) reject(new Error(`${method}: ${reply.error}`));
        else resolve('result' in reply ? reply.result : undefined);
      });
      // Whether the channel is still there is told by `died`.
      child.send(call, () => {});
    });
    return Promise.race([answer, died]);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };

  let notices: readonly string[];
  try {
    notices = await Promise.race([open.promise, died]);
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    notices,
    call: (method, ...args) => send(method, args) as Promise<Result<typeof method>>,
    jumpClock: async (by) => void (await send('jumpClock', [by])),
    saveConnection: async (draft) => (await send('saveConnection', [draft])) as string,
    peakRss: () => (child.pid === undefined ? null : peakRssOf(child.pid)),
    kill,
    async close() {
      try {
        return (await send('close', [])) as Leaks;
      } finally {
        await kill();
      }
    },
  };
}
