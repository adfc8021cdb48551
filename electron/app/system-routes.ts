/** The contract's procedures about this computer, its folders, the settings and links that are only looked at. */
import type { Settings } from '../../shared/settings.ts';
import type { SystemInfo } from '../../shared/system.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { App, Ports } from './app.ts';
import { definedOnly, type Routes } from './routes.ts';

export function systemRoutes(os: Routes, app: App) {
  const { engine, ports } = app;
  return {
    remote: { probe: os.remote.probe.handler(({ input, signal }) => engine.probe(input, signal)) },
    folders: {
      info: os.folders.info.handler(({ input }) => engine.folderInfo(input.path)),
      choose: os.folders.choose.handler(({ input }) => choosePath(ports, 'folder', input.from)),
    },
    files: { choose: os.files.choose.handler(({ input }) => choosePath(ports, 'file', input.from)) },
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
      sampleFeed: os.system.sampleFeed.handler(async () => ({ url: await engine.sampleFeed() })),
      sample: os.system.sample.handler(({ input }) => engine.sample(input.size, input.rate)),
      // The answer goes out first: quitting closes the transport it travels on.
      quit: os.system.quit.handler(() => void setImmediate(() => ports.quit())),
    },
  };
}

function choosePath(ports: Ports, what: 'file' | 'folder', from: string | undefined): Promise<string | null> {
  if (ports.choosePath) return ports.choosePath(what, from);
  throw new SluiceError('not-here', { what: `Choosing a ${what}`, next: `Type the path of the ${what}.` });
}

function systemInfo({ engine, face, version, home, ports }: App): SystemInfo {
  return {
    version,
    face,
    home,
    can: { chooseFolder: ports.choosePath !== null, openFiles: ports.opener !== null, sleep: ports.power !== null },
    notices: [...engine.notices],
  };
}

/** Sleep and shut-down are the desktop's: a host serves others, and a command ends by itself. */
function refusePower(ports: Ports, whenDone: Settings['whenDone'] | undefined): void {
  if (ports.power || whenDone === undefined || whenDone === 'nothing' || whenDone === 'quit') return;
  throw new SluiceError('not-here', {
    what: whenDone === 'sleep' ? 'Putting the computer to sleep' : 'Shutting the computer down',
    next: 'Choose it in the desktop app, or choose “quit”.',
  });
}
