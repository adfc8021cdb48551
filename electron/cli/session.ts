/** The engine a command talks to: the one that runs already, or one that is opened here for as long as the command lasts. */
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../shared/failure.ts';
import {
  connectInstance,
  createKeyFileSecrets,
  openInstance,
  type App,
  type Client,
  type Serve,
} from '../app/index.ts';
import type { Context } from './context.ts';

/** What the engine does for a command that wants the rows themselves. */
export type ExportTo = App['engine']['exportTo'];

export interface Session {
  readonly client: Client;
  /** True where the engine is in this process: its jobs run only while this command does. */
  readonly own: boolean;
  /** Streams rows through this process; only where the engine is in it. */
  readonly exportTo: ExportTo | null;
  close(): Promise<void>;
}

/**
 * Opens here only what is asked for: jobs of earlier sessions stay as they are, until a host or the app starts. The
 * engine opened here can be reached by other commands; `onQuit` is called when one of them asks it to end.
 */
export function openSession(home: string, serve: Serve, onQuit: () => void, sharePort?: number): Promise<Session> {
  return patiently(async () => {
    const connection = await connectInstance(home);
    if (connection) {
      if (sharePort !== undefined) {
        connection.close();
        throw new SluiceError('not-here', {
          what: 'Choosing the port of a Sluice that runs already',
          next: 'Leave --port out, quit that one, or choose another --home.',
        });
      }
      const close = () => {
        connection.close();
        return connection.closed;
      };
      return { client: connection.client, own: false, exportTo: null, close };
    }
    const ports = { choosePath: null, opener: null, power: null, quit: onQuit };
    const secrets = createKeyFileSecrets(home);
    const instance = await openInstance({
      home,
      face: 'cli',
      autoStart: false,
      ports,
      secrets,
      serve,
      ...(sharePort === undefined ? {} : { sharePort }),
    });
    const { engine } = instance.app;
    return {
      client: instance.client,
      own: true,
      exportTo: (...asked) => engine.exportTo(...asked),
      close: () => instance.close(),
    };
  });
}

/** A session for as long as `use` takes. */
export async function withSession<T>(
  { home, serve, interrupts }: Context,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(home, serve, () => interrupts.trigger());
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

const patienceMs = 6000;
const retryMs = 150;

/**
 * Tries again while another process has the store: it may be starting (and cannot be reached yet) or ending (and cannot
 * be reached any more).
 */
export async function patiently<T>(open: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const inUse = error instanceof SluiceError && error.code === 'store-in-use';
      if (!inUse || Date.now() > deadline) throw error;
      await delay(retryMs);
    }
  }
}
