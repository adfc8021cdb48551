/** What follows the last job on a desktop, with a double of the programs that do it. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { powerCommand, setupSystemPower } from '../../electron/shell/system-power.ts';
import { dialog } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));
type Ran = (error: Error | null, out?: string) => void;
const run = vi.hoisted(() => vi.fn<(command: string, args: string[], done: (error: Error | null) => void) => void>());
vi.mock('node:child_process', () => ({ execFile: run }));

const quit = vi.fn<() => void>();
let busy = false;
const power = setupSystemPower({ current: () => null, show: () => void shown.push('window'), busy: () => busy, quit });
const shown: string[] = [];

beforeEach(() => {
  vi.resetAllMocks();
  run.mockImplementation((_command, _args, done: Ran) => done(null));
  busy = false;
  shown.length = 0;
  dialog.asked.length = 0;
  dialog.response = 0;
});

describe('each platform has its own command', () => {
  test.each([
    ['linux', 'sleep', ['systemctl', 'suspend']],
    ['linux', 'shut-down', ['systemctl', 'poweroff']],
    ['darwin', 'sleep', ['/usr/bin/pmset', 'sleepnow']],
    ['darwin', 'shut-down', ['/usr/bin/osascript', '-e', 'tell app "System Events" to shut down']],
    ['win32', 'sleep', [String.raw`C:\Win\System32\rundll32.exe`, 'powrprof.dll,SetSuspendState', '0,1,0']],
    ['win32', 'shut-down', [String.raw`C:\Win\System32\shutdown.exe`, '/s', '/t', '60']],
  ] as const)('%s: %s', (platform, what, command) => {
    expect(powerCommand(what, platform, String.raw`C:\Win`)).toEqual(command);
  });
});

test('the person is asked first, and “Cancel” stops it', async () => {
  await power('sleep');
  expect(shown).toEqual(['window']);
  expect(dialog.asked[0]).toMatchObject({ detail: 'This computer goes to sleep in a minute.', cancelId: 0 });
  expect(run).not.toHaveBeenCalled();
});

test('“Sleep Now” does it at once, and Sluice stays', async () => {
  dialog.response = 1;
  await power('sleep');
  expect(run).toHaveBeenCalledOnce();
  expect(quit).not.toHaveBeenCalled();
});

test('without an answer it is done after a minute, and not before', async () => {
  vi.useFakeTimers();
  const show = vi.spyOn(dialog, 'showMessageBox').mockImplementation((...args) => {
    const { signal } = args.at(-1) as { signal: AbortSignal };
    // As Electron does: a question that is taken back ends as if it was cancelled.
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ response: 0 })));
  });
  try {
    const done = power('shut-down');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    await done;
    expect(run).toHaveBeenCalledOnce();
    expect(quit).toHaveBeenCalledOnce();
  } finally {
    show.mockRestore();
    vi.useRealTimers();
  }
});

test('a download that was begun meanwhile keeps the computer on', async () => {
  dialog.response = 1;
  busy = true;
  await power('shut-down');
  expect(run).not.toHaveBeenCalled();
});

test('a system that refuses is told, and Sluice does not quit', async () => {
  dialog.response = 1;
  run.mockImplementation((_command, _args, done: Ran) => done(new Error('Interactive authentication required')));
  await expect(power('shut-down')).rejects.toThrow('Interactive');
  expect(dialog.asked.at(-1)).toMatchObject({
    type: 'error',
    message: 'This computer could not be shut down.',
    detail: 'Interactive authentication required',
  });
  expect(quit).not.toHaveBeenCalled();
});
