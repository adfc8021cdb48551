/** Opens the engine in this process and makes it reachable for other processes of the same person. */
import { createRouterClient } from '@orpc/server';
import { openEngine, type EngineOptions } from '../engine/index.ts';
import type { App, Face, Ports } from './app.ts';
import type { Client } from './connect.ts';
import { defaultDownloadsFolder } from './home.ts';
import { createLog } from './log.ts';
import { createRouter } from './router.ts';
import { version } from './version.ts';

/** What `serve` needs: it is host/'s, handed over by the entries, because rooms do not know each other. */
export interface ServeOptions {
  readonly app: App;
  readonly home: string;
  /** Folder of the built window; left out: only the contract is served. */
  readonly rendererDir?: string;
  /** Left out or 0: a free port. */
  readonly port?: number;
}
export interface Served {
  readonly url: string;
  /** The URL with the token: opens the window. */
  readonly link: string;
  readonly token: string;
  /** Stops listening, ends every connection and removes `instance.json`. */
  close(): Promise<void>;
}
export type Serve = (options: ServeOptions) => Promise<Served>;

export interface InstanceOptions
  extends Omit<ServeOptions, 'app'>, Pick<EngineOptions, 'autoStart' | 'secrets' | 'sharePort'> {
  readonly face: Face;
  readonly ports: Ports;
  readonly serve: Serve;
  /** Left out: the person's downloads folder as the system names it. */
  readonly downloadsFolder?: string;
}

export interface Instance {
  readonly app: App;
  readonly client: Client;
  readonly served: Served;
  /** Journals every job, lets the lock go. */
  close(): Promise<void>;
}

/** Throws `store-in-use` where another process has the engine of this home. */
export async function openInstance(options: InstanceOptions): Promise<Instance> {
  const { home, face, ports, serve } = options;
  const log = createLog(home);
  const onAllDone: EngineOptions['onAllDone'] = (what) => {
    log.info(`All jobs have ended: ${what}`);
    if (what === 'quit') ports.quit();
    else ports.power?.(what).catch((error: unknown) => log.error(`${what} did not work`, error));
  };
  const engine = await openEngine({ downloadsFolder: defaultDownloadsFolder(), ...options, onAllDone });
  const app: App = { engine, face, version, home, ports, log };
  try {
    const served = await serve({ ...options, app });
    log.info(`${face} ${version} started`);
    return {
      app,
      client: createRouterClient(createRouter(app)),
      served,
      close: async () => {
        await served.close();
        await engine.close();
        log.info(`${face} ended`);
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
