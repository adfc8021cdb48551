/** Puts the computer to sleep or shuts it down when the last job has ended, after a minute in which it can be stopped. */
import { execFile } from 'node:child_process';
import { win32 } from 'node:path';
import { promisify } from 'node:util';
import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron';
import type { Ports } from '../app/index.ts';

export type PowerAction = Parameters<NonNullable<Ports['power']>>[0];

export interface SystemPowerOptions {
  readonly current: () => BrowserWindow | null;
  /** Brings the window to the front: there the question is seen. */
  readonly show: () => void;
  /** True where something runs again, so that it must not be done. Asked when the time is up. */
  readonly busy: () => boolean;
  /** Ends Sluice safely; called when the computer has begun to shut down. */
  readonly quit: () => void;
}

const patienceMs = 60_000;
const words: Readonly<Record<PowerAction, { now: string; next: string; failed: string }>> = {
  sleep: {
    now: 'Sleep Now',
    next: 'This computer goes to sleep in a minute.',
    failed: 'This computer could not be put to sleep.',
  },
  'shut-down': {
    now: 'Shut Down Now',
    next: 'This computer shuts down in a minute.',
    failed: 'This computer could not be shut down.',
  },
};

/**
 * The system's own command, by a path that no other program can take where the system has a fixed one:
 * systemctl(1), pmset(1) and osascript(1) of macOS, SetSuspendState of powrprof.dll and shutdown.exe of Windows.
 */
export function powerCommand(
  what: PowerAction,
  platform: NodeJS.Platform,
  systemRoot = process.env['SystemRoot'] ?? String.raw`C:\Windows`,
): readonly [string, ...string[]] {
  if (platform === 'darwin') {
    return what === 'sleep'
      ? ['/usr/bin/pmset', 'sleepnow']
      : ['/usr/bin/osascript', '-e', 'tell app "System Events" to shut down'];
  }
  if (platform === 'win32') {
    const at = (name: string) => win32.join(systemRoot, 'System32', name);
    return what === 'sleep'
      ? [at('rundll32.exe'), 'powrprof.dll,SetSuspendState', '0,1,0']
      : [at('shutdown.exe'), '/s', '/t', '60'];
  }
  return ['systemctl', what === 'sleep' ? 'suspend' : 'poweroff'];
}

/** @returns the port: resolves when it was done or stopped; rejects where the system refused, after saying so */
export function setupSystemPower(options: SystemPowerOptions): NonNullable<Ports['power']> {
  return async (what) => {
    if (!(await agreed(what, options)) || options.busy()) return;
    const [command, ...args] = powerCommand(what, process.platform);
    try {
      await promisify(execFile)(command, args);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      void ask({ type: 'error', message: words[what].failed, detail }, options.current());
      throw error;
    }
    if (what === 'shut-down') options.quit();
  };
}

/** True where the person agreed, or was not there to stop it. */
async function agreed(what: PowerAction, { current, show }: SystemPowerOptions): Promise<boolean> {
  // macOS can take a question back only where it belongs to a window.
  show();
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), patienceMs);
  try {
    const question: MessageBoxOptions = {
      type: 'question',
      message: 'All downloads are done.',
      detail: words[what].next,
      buttons: ['Cancel', words[what].now],
      defaultId: 0,
      cancelId: 0,
      signal: time.signal,
    };
    const { response } = await ask(question, current());
    return time.signal.aborted || response === 1;
  } finally {
    clearTimeout(timer);
  }
}

function ask(options: MessageBoxOptions, window: BrowserWindow | null): Promise<{ response: number }> {
  return window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options);
}
