import { beforeEach, expect, test, vi } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeFlag, ownArguments } from '../../electron/shell/arguments.ts';
import { startTerminal } from '../../electron/shell/terminal.ts';
import { app, calls } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

beforeEach(() => {
  app.isPackaged = true;
  calls.length = 0;
});

test('the person’s arguments begin after the program, and after the folder that Electron was given', () => {
  expect(ownArguments(['/opt/Sluice/sluice', 'cli', 'list'])).toEqual(['cli', 'list']);
  app.isPackaged = false;
  expect(ownArguments(['/x/electron', '.', 'cli', 'list'])).toEqual(['cli', 'list']);
});

test('the home folder is found among switches that are Chromium’s', () => {
  expect(homeFlag(['--no-sandbox', '--home', '/a', 'https://x.example/'])).toBe('/a');
  expect(homeFlag(['get', '--home=/b', '--json'])).toBe('/b');
  expect(homeFlag(['--inspect=0', '--no-home'])).toBeUndefined();
});

test('a command runs without a window, when Electron is ready, and its code is the process’s', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-terminal-'));
  const ran: string[][] = [];
  startTerminal(['list', '--home', home], (args) => {
    ran.push([...args]);
    return Promise.resolve(3);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toEqual([]);
  app.ready.resolve();
  await expect.poll(() => app.exitCode).not.toBeNull();
  expect(ran).toEqual([['list', '--home', home]]);
  expect(app.exitCode).toBe(3);
  expect(calls).not.toContain('registerSchemesAsPrivileged');
  rmSync(home, { recursive: true, force: true });
});
