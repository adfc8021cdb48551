/** `sluice host`: the engine without a desktop window; the window is served to a browser. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../../shared/failure.ts';
import { connectInstance, createKeyFileSecrets, openInstance } from '../app/index.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { patiently } from './session.ts';

export interface HostFlags {
  readonly port?: string;
  readonly open?: boolean;
}

/** Runs until Ctrl-C or `quit`; where an instance with a window runs already, prints its link and ends. */
export async function host(flags: HostFlags, rendererDir: string, context: Context): Promise<number> {
  const { home, serve, output, interrupts } = context;
  const port = toPort(flags.port);
  if (await showRunning(context)) return exitCodes.ok;

  if (!existsSync(join(rendererDir, 'index.html'))) {
    throw new SluiceError('not-here', { what: 'Serving the window', next: 'Build it first: npm run build.' });
  }
  const ports = { choosePath: null, opener: null, power: null, quit: () => interrupts.trigger() };
  const secrets = createKeyFileSecrets(home);
  const instance = await patiently(() =>
    openInstance({ home, face: 'host', ports, secrets, serve, rendererDir, port }),
  );
  const { link } = instance.served;
  output.event({ event: 'listening', link, pid: process.pid, home });
  for (const notice of instance.app.engine.notices) output.note(notice.message);
  output.note(
    'Sluice is ready. Open this link in a browser on this computer; Ctrl-C ends Sluice, and its jobs go on at the next start.',
  );
  output.result(link);
  const page = flags.open === true ? openInBrowser(home, link) : null;

  await aborted(interrupts.signal);
  if (page) rmSync(page, { force: true });
  await instance.close();
  return exitCodes.ok;
}

async function showRunning({ home, output }: Context): Promise<boolean> {
  const connection = await connectInstance(home);
  if (!connection) return false;
  connection.close();
  const { pid, port, token, window } = connection.instance;
  if (!window) throw new SluiceError('store-in-use', { pid, home });
  const link = `http://127.0.0.1:${port}/#token=${token}`;
  output.event({ event: 'listening', link, pid, home });
  output.note(`Sluice runs already (process ${pid}).`);
  output.result(link);
  return true;
}

function toPort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new SluiceError('bad-input', { detail: `“${text}” is not a port from 0 to 65535.` });
}

/**
 * Opens the link by a page that only this person can read: a link given to a program directly would show its token to
 * everyone who can list processes. Returns the page's file.
 */
function openInBrowser(home: string, link: string): string {
  const page = join(home, 'open.html');
  rmSync(page, { force: true });
  writeFileSync(page, `<!doctype html><meta http-equiv="refresh" content="0;url=${link}"><title>Sluice</title>\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  const url = pathToFileURL(page).href;
  const [command, ...args] =
    process.platform === 'win32'
      ? ['rundll32', 'url.dll,FileProtocolHandler', url]
      : [process.platform === 'darwin' ? 'open' : 'xdg-open', url];
  const child = spawn(command ?? '', args, { stdio: 'ignore', detached: true });
  // No browser opener here: the link was printed.
  child.on('error', () => {});
  child.unref();
  return page;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
