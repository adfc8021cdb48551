import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setupSafeQuit } from '../../electron/shell/quit.ts';
import { app, calls } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const log = { info: vi.fn<() => void>(), error: vi.fn<() => void>() };
const times = (name: string) => calls.filter((call) => call === name).length;
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  calls.length = 0;
  app.removeAllListeners('before-quit');
  log.error.mockClear();
});
afterEach(() => vi.useRealTimers());

test('quitting waits until the jobs are journalled, and closes them once', async () => {
  const journal = Promise.withResolvers<void>();
  const close = vi.fn<() => Promise<void>>(() => journal.promise);
  setupSafeQuit(close, log);
  app.quit();
  app.quit(); // the person is impatient
  await settled();
  expect(times('quits')).toBe(0);
  expect(close).toHaveBeenCalledOnce();
  journal.resolve();
  await settled();
  expect(times('quits')).toBe(1);
  app.quit();
  expect(times('quits')).toBe(2);
  expect(close).toHaveBeenCalledOnce();
});

test('a journal that fails is logged and does not hold the person', async () => {
  setupSafeQuit(() => Promise.reject(new Error('disk full')), log);
  app.quit();
  await settled();
  expect(log.error).toHaveBeenCalledOnce();
  expect(times('quits')).toBe(1);
});

test('a journal that never ends is left after ten seconds', async () => {
  vi.useFakeTimers();
  setupSafeQuit(() => new Promise(() => {}), log);
  app.quit();
  await vi.advanceTimersByTimeAsync(9999);
  expect(times('quits')).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(times('quits')).toBe(1);
  expect(log.error).toHaveBeenCalledOnce();
});
