import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkFolder, finishPart, freeSpace, openPart, reopenPart } from '../../electron/engine/files/index.ts';
import type { FinishSystem } from '../../electron/engine/files/part.ts';

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'sluice-files-'));
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => fs.writeFile(join(folder, name), text);
const text = (name: string) => fs.readFile(join(folder, name), 'utf8');
const names = async () => (await fs.readdir(folder)).toSorted();

async function partWith(name: string, content: string): Promise<string> {
  const part = await openPart(folder, name);
  await part.handle.writeFile(content);
  await part.handle.close();
  return part.name;
}

function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}

/** This machine's file system with some calls replaced, and no real waiting. */
function systemWith(replaced: Partial<FinishSystem['fs']>, platform: NodeJS.Platform = 'linux') {
  const slept: number[] = [];
  const system: FinishSystem = {
    fs: { link: fs.link, unlink: fs.unlink, rename: fs.rename, open: fs.open, lstat: fs.lstat, ...replaced },
    platform,
    sleep: (ms) => Promise.resolve(slept.push(ms)),
  };
  return { system, slept };
}
const noLinks = { link: () => Promise.reject(refusal('EPERM')) };

describe('openPart', () => {
  test('takes the first name of which neither file nor part file is there', async () => {
    await put('a.txt', 'old');
    await put('a (1).txt.sluice', 'another job');
    await fs.symlink('/nowhere', join(folder, 'a (2).txt'));
    expect(await partWith('a.txt', 'new')).toBe('a (3).txt');
    expect(await text('a.txt')).toBe('old');
    expect(await text('a (1).txt.sluice')).toBe('another job');
  });

  test('gives many at once a name each', async () => {
    const given = await Promise.all(Array.from({ length: 12 }, (_, i) => partWith('a.txt', `job ${i}`)));
    expect(new Set(given).size).toBe(12);
    await Promise.all(given.map(async (name, i) => expect(await text(`${name}.sluice`)).toBe(`job ${i}`)));
  });

  test('says that the folder is missing', async () => {
    await expect(openPart(join(folder, 'gone'), 'a')).rejects.toMatchObject({ code: 'folder-missing' });
  });

  test.runIf(process.platform === 'linux')('says that the folder cannot be written', async () => {
    // /proc refuses even root; which code it uses depends on the kernel, the sentence does not.
    await expect(openPart('/sys', 'a')).rejects.toMatchObject({ code: 'folder-not-writable' });
  });
});

describe('reopenPart', () => {
  test('opens what is there without truncating it', async () => {
    await partWith('a.txt', 'half');
    const part = await reopenPart(folder, 'a.txt');
    expect(await part.handle.readFile('utf8')).toBe('half');
    await part.handle.close();
  });

  test('tells a lost file from a lost folder', async () => {
    await expect(reopenPart(folder, 'a.txt')).rejects.toMatchObject({ code: 'part-missing' });
    await expect(reopenPart(join(folder, 'gone'), 'a.txt')).rejects.toMatchObject({ code: 'folder-missing' });
  });

  test('does not write through a symbolic link that was put in its place', async () => {
    await put('victim', 'precious');
    await fs.symlink(join(folder, 'victim'), join(folder, 'a.txt.sluice'));
    await expect(reopenPart(folder, 'a.txt')).rejects.toMatchObject({ code: 'part-missing' });
    expect(await text('victim')).toBe('precious');
  });
});

describe.each([
  ['with hard links', {}],
  ['without hard links', noLinks],
])('finishPart %s', (_, replaced) => {
  const finish = (name: string) => finishPart(folder, name, undefined, systemWith(replaced).system);

  test('gives the final name and leaves no part file', async () => {
    await partWith('a.txt', 'whole');
    expect(await finish('a.txt')).toBe('a.txt');
    expect(await names()).toEqual(['a.txt']);
    expect(await text('a.txt')).toBe('whole');
  });

  test('works while the handle is open', async () => {
    const part = await openPart(folder, 'a.txt');
    await part.handle.writeFile('whole');
    await finishPart(folder, 'a.txt', part.handle, systemWith(replaced).system);
    await part.handle.close();
    expect(await text('a.txt')).toBe('whole');
  });

  test('leaves another file alone that took the name of the part', async () => {
    const part = await openPart(folder, 'a.txt');
    await part.handle.writeFile('whole');
    await fs.unlink(part.path);
    await partWith('a.txt', 'theirs');
    const { system } = systemWith(replaced);
    await expect(finishPart(folder, 'a.txt', part.handle, system)).rejects.toMatchObject({ code: 'part-missing' });
    await part.handle.close();
    expect(await names()).toEqual(['a.txt.sluice']);
    expect(await text('a.txt.sluice')).toBe('theirs');
  });

  test('never replaces a file that came meanwhile', async () => {
    await partWith('a.txt', 'mine');
    await put('a.txt', 'theirs');
    await fs.mkdir(join(folder, 'a (1).txt'));
    await fs.symlink('/nowhere', join(folder, 'a (2).txt'));
    expect(await finish('a.txt')).toBe('a (3).txt');
    expect(await text('a.txt')).toBe('theirs');
    expect(await text('a (3).txt')).toBe('mine');
    expect(await names()).not.toContain('a.txt.sluice');
  });

  test('lets no racer lose a file', async () => {
    // “k” is taken, so that its part file goes for “k (1)” at the moment in which that one is finished as well.
    const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
    await Promise.all(keys.flatMap((k) => [put(k, 'taken'), put(`${k}.sluice`, 'a'), put(`${k} (1).sluice`, 'b')]));
    await Promise.all(
      keys.map(async (k) => {
        const [a, b] = await Promise.all([finish(k), finish(`${k} (1)`)]);
        expect([await text(k), await text(a), await text(b)]).toEqual(['taken', 'a', 'b']);
      }),
    );
    expect(await names()).toHaveLength(30);
  });

  test('says that the part file is gone', async () => {
    await expect(finish('a.txt')).rejects.toMatchObject({ code: 'part-missing' });
    expect(await names()).toEqual([]);
  });

  test('says that the disk is full', async () => {
    await partWith('a.txt', 'whole');
    const full = () => Promise.reject(refusal('ENOSPC'));
    const open = ((path: string, flags: string) =>
      flags === 'wx' ? full() : fs.open(path, flags)) as FinishSystem['fs']['open'];
    const { system } = systemWith({ link: full, open });
    await expect(finishPart(folder, 'a.txt', undefined, system)).rejects.toMatchObject({ code: 'disk-full' });
    expect(await text('a.txt.sluice')).toBe('whole');
  });
});

describe('finishPart where names are refused for a moment', () => {
  test('waits for the scanner that holds the file (Windows)', async () => {
    await partWith('a.txt', 'whole');
    let refusals = 5;
    const rename = (from: string, to: string) =>
      refusals-- > 0 ? Promise.reject(refusal('EPERM')) : fs.rename(from, to);
    const { system, slept } = systemWith({ ...noLinks, rename: rename as FinishSystem['fs']['rename'] }, 'win32');
    expect(await finishPart(folder, 'a.txt', undefined, system)).toBe('a.txt');
    expect(slept).toHaveLength(5);
    expect(await text('a.txt')).toBe('whole');
  });

  test('gives up after a minute, keeps the part file and leaves no empty file', async () => {
    await partWith('a.txt', 'whole');
    const { system, slept } = systemWith({ ...noLinks, rename: () => Promise.reject(refusal('EBUSY')) }, 'win32');
    await expect(finishPart(folder, 'a.txt', undefined, system)).rejects.toMatchObject({ code: 'disk-error' });
    const waited = slept.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThanOrEqual(60_000);
    expect(waited).toBeLessThan(63_000);
    expect(await names()).toEqual(['a.txt.sluice']);
    expect(await text('a.txt.sluice')).toBe('whole');
  });

  test('does not wait where a refusal is final (Linux)', async () => {
    await partWith('a.txt', 'whole');
    const { system, slept } = systemWith({ ...noLinks, rename: () => Promise.reject(refusal('EACCES')) });
    await expect(finishPart(folder, 'a.txt', undefined, system)).rejects.toMatchObject({ code: 'folder-not-writable' });
    expect(slept).toEqual([]);
  });
});

test('a crash between link and unlink is finished without a second copy', async () => {
  await partWith('a.txt', 'whole');
  await fs.link(join(folder, 'a.txt.sluice'), join(folder, 'a.txt'));
  expect(await finishPart(folder, 'a.txt')).toBe('a.txt');
  expect(await names()).toEqual(['a.txt']);
});

describe('space', () => {
  test('is told for a folder that is yet to be made', async () => {
    const here = await freeSpace(folder);
    const below = await freeSpace(join(folder, 'new', 'deep'));
    expect(below.device).toBe(here.device);
    expect(below.free).toBeGreaterThan(0);
  });

  test('a folder is refused before anything is made', async () => {
    await put('file', '');
    expect(() => checkFolder(join(folder, 'new', 'deep'))).not.toThrow();
    expect(() => checkFolder('relative/path')).toThrow(/not a whole path/);
    expect(() => checkFolder(join(folder, 'file'))).toThrow(/a file is in the way/);
    expect(() => checkFolder(join(folder, 'file', 'below'))).toThrow(/a file is in the way/);
    expect(await names()).toEqual(['file']);
  });
});
