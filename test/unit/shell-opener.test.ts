import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isProgram, setupOpener } from '../../electron/shell/opener.ts';
import { setupPathDialog } from '../../electron/shell/path-dialog.ts';
import { dialog, shell } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const folder = mkdtempSync(join(tmpdir(), 'sluice-opener-'));
const film = join(folder, 'film.mp4');
const setup = join(folder, 'setup.EXE');
writeFileSync(film, '');
writeFileSync(setup, '');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const opener = setupOpener(() => null);
beforeEach(() => {
  shell.opened.length = 0;
  shell.problem = '';
  dialog.asked.length = 0;
  dialog.response = 0;
});

test.each([
  'a.exe',
  'a.pdf.exe',
  'A.EXE',
  'a.exe.',
  'a.exe ',
  'a.sh',
  'a.desktop',
  'a.AppImage',
  'a.command',
  'a.lnk',
  'a.jar',
])('“%s” is a program', (name) => expect(isProgram(`/x/${name}`)).toBe(true));
test.each(['a.pdf', 'a.zip', 'exe', 'a.exe.pdf', 'a.iso', 'a'])('“%s” is not', (name) =>
  expect(isProgram(`/x.exe/${name}`)).toBe(false),
);

describe('opening', () => {
  test('a document opens', async () => {
    await opener.open(film);
    expect(shell.opened).toEqual([film]);
    expect(dialog.asked).toEqual([]);
  });
  test.each([
    ['cancels', 0, []],
    ['wants its folder', 1, [`folder of ${setup}`]],
    ['wants it', 2, [setup]],
  ])('a program is asked about: the person %s', async (_what, response, opened) => {
    dialog.response = response;
    await opener.open(setup);
    expect(dialog.asked).toHaveLength(1);
    expect(dialog.asked[0]).toMatchObject({ type: 'warning', defaultId: 1, cancelId: 0 });
    expect(shell.opened).toEqual(opened);
  });
  test('what no program opens fails with the system’s words', async () => {
    shell.problem = 'No application is registered.';
    await expect(opener.open(film)).rejects.toMatchObject({ code: 'not-here', message: /film\.mp4.*No application/ });
  });
  test('a file that is gone fails, opened or shown', async () => {
    await expect(opener.open(join(folder, 'gone.txt'))).rejects.toMatchObject({ code: 'disk-error' });
    await expect(opener.reveal(join(folder, 'gone.txt'))).rejects.toMatchObject({ code: 'disk-error' });
    expect(shell.opened).toEqual([]);
  });
  test('a link that is not http or https fails', async () => {
    await expect(opener.openLink('file:///etc/passwd')).rejects.toMatchObject({ code: 'unsupported-scheme' });
    expect(shell.opened).toEqual([]);
  });
});

test('choosing a path begins where the person was last, or where the page says', async () => {
  const choose = setupPathDialog(folder, () => null);
  expect(await choose('folder')).toBeNull();
  expect(dialog.asked.at(-1)).not.toHaveProperty('defaultPath');
  dialog.folder = '/data/films';
  expect(await choose('folder', '/data')).toBe('/data/films');
  expect(dialog.asked.at(-1)).toMatchObject({ defaultPath: '/data' });
  await setupPathDialog(folder, () => null)('folder');
  expect(dialog.asked.at(-1)).toMatchObject({ defaultPath: '/data/films' });
  dialog.folder = '/data/films/metropolis.mkv';
  expect(await choose('file')).toBe('/data/films/metropolis.mkv');
  await choose('file');
  expect(dialog.asked.at(-1)).toMatchObject({
    defaultPath: '/data/films',
    properties: ['openFile', 'showHiddenFiles', 'dontAddToRecent'],
  });
});
