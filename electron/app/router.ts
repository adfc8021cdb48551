/** The contract, implemented once over the engine and the face's ports. All transports answer with this. */
import { implement } from '@orpc/server';
import { contract, type Settings, type SystemInfo } from '../../shared/contract.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { App, Ports } from './app.ts';
import { toContractError } from './failures.ts';
import { watchDetail, watchJobs } from './watch.ts';

export type AppRouter = ReturnType<typeof createRouter>;

/** The router that oRPC's handlers serve; expected failures leave it as the contract's FAILURE error. */
export function createRouter(app: App) {
  const { engine, ports, log } = app;
  const os = implement(contract).use(async ({ next, path }) => {
    try {
      return await next();
    } catch (error) {
      throw toContractError(error, log, path.join('.'));
    }
  });
  /** The same for an event stream, whose errors come after the call has answered. */
  async function* stream<T>(what: string, events: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
    try {
      yield* events;
    } catch (error) {
      throw toContractError(error, log, what);
    }
  }

  return os.router({
    jobs: {
      add: os.jobs.add.handler(({ input }) => engine.add(input.downloads)),
      list: os.jobs.list.handler(() => engine.list()),
      get: os.jobs.get.handler(({ input }) => engine.get(input.id)),
      watch: os.jobs.watch.handler(({ signal }) => stream('jobs.watch', watchJobs(engine, signal))),
      detail: os.jobs.detail.handler(({ input, signal }) =>
        stream('jobs.detail', watchDetail(engine, input.id, signal)),
      ),
      pause: os.jobs.pause.handler(({ input }) => engine.pause(input.ids)),
      resume: os.jobs.resume.handler(({ input }) => engine.resume(input.ids)),
      cancel: os.jobs.cancel.handler(({ input }) => engine.cancel(input.ids)),
      retry: os.jobs.retry.handler(({ input }) => engine.retry(input.ids)),
      remove: os.jobs.remove.handler(({ input }) => engine.remove(input.ids, input.deleteFile)),
      reorder: os.jobs.reorder.handler(({ input }) => engine.reorder(input.ids, input.before)),
      setLimit: os.jobs.setLimit.handler(({ input }) => engine.setLimit(input.id, input.limit)),
      setConnections: os.jobs.setConnections.handler(({ input }) => engine.setConnections(input.id, input.connections)),
      decide: os.jobs.decide.handler(({ input }) => {
        const { id, choice, ...details } = input;
        return engine.decide(id, choice, details);
      }),
      setPriority: os.jobs.setPriority.handler(({ input }) => engine.setPriority(input.ids, input.priority)),
      setStartAt: os.jobs.setStartAt.handler(({ input }) => engine.setStartAt(input.ids, input.startAt)),
      open: os.jobs.open.handler(({ input }) => opener(ports).open(finishedFile(app, input.id))),
      reveal: os.jobs.reveal.handler(({ input }) => opener(ports).reveal(engine.fileOf(input.id))),
      openLink: os.jobs.openLink.handler(({ input }) => opener(ports).openLink(webLink(engine.get(input.id).url))),
    },
    remote: { probe: os.remote.probe.handler(({ input, signal }) => engine.probe(input, signal)) },
    folders: {
      info: os.folders.info.handler(({ input }) => engine.folderInfo(input.path)),
      choose: os.folders.choose.handler(({ input }) => {
        if (!ports.chooseFolder) {
          throw new SluiceError('not-here', { what: 'Choosing a folder', next: 'Type the path of the folder.' });
        }
        return ports.chooseFolder(input.from);
      }),
    },
    settings: {
      get: os.settings.get.handler(() => engine.settings()),
      set: os.settings.set.handler(({ input }) => {
        const patch = definedOnly(input);
        refusePower(ports, patch.whenDone);
        return engine.setSettings(patch);
      }),
    },
    system: {
      info: os.system.info.handler(() => systemInfo(app)),
      sample: os.system.sample.handler(({ input }) => engine.sample(input.size, input.rate)),
      // The answer goes out first: quitting closes the transport it travels on.
      quit: os.system.quit.handler(() => void setImmediate(() => ports.quit())),
    },
  });
}

function systemInfo({ engine, face, version, home, ports }: App): SystemInfo {
  return {
    version,
    face,
    home,
    can: { chooseFolder: ports.chooseFolder !== null, openFiles: ports.opener !== null, sleep: ports.power !== null },
    notices: [...engine.notices],
  };
}

function opener(ports: Ports): NonNullable<Ports['opener']> {
  if (!ports.opener) {
    throw new SluiceError('not-here', { what: 'Opening files', next: 'Open it on the computer it was saved to.' });
  }
  return ports.opener;
}

/** Sleep and shut-down are the desktop's: a host serves others, and a command ends by itself. */
function refusePower(ports: Ports, whenDone: Settings['whenDone'] | undefined): void {
  if (ports.power || whenDone === undefined || whenDone === 'nothing' || whenDone === 'quit') return;
  throw new SluiceError('not-here', {
    what: whenDone === 'sleep' ? 'Putting the computer to sleep' : 'Shutting the computer down',
    next: 'Choose it in the desktop app, or choose “quit”.',
  });
}

/** Only a finished file is handed to another program. */
function finishedFile({ engine }: App, id: string): string {
  const job = engine.get(id);
  if (job.state.kind !== 'completed') {
    throw new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
  }
  return engine.fileOf(id);
}

/** A link that may be handed to a browser: http and https, nothing that starts a program. */
function webLink(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new SluiceError('unsupported-scheme', { scheme: url?.protocol ?? text });
  }
  return url.href;
}

/** Without the keys whose value is undefined: a client may send them, a setting never is. */
function definedOnly<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
