import { existsSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  deletePart,
  inodeMark,
  inodeOf,
  movePart,
  reclaimPart,
  reopenPart,
} from '../../electron/engine/files/index.ts';
import type { Ranges } from '../../shared/job.ts';

let from: string;
const made: string[] = [];
async function folderIn(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'sluice-move-'));
  made.push(folder);
  return folder;
}
beforeEach(async () => {
  from = await folderIn(tmpdir());
});
afterEach(() => Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

/** A folder on another file system, where this machine has one for everybody. */
const elsewhere =
  existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev ? '/dev/shm' : undefined;

const MiB = 1024 * 1024;

/** Moves as a job does, which goes on with its own file only; the name that it got. */
async function moved(...[from, name, to, committed]: [string, string, string, Ranges]): Promise<string> {
  let got = '';
  let made: string | null = null;
  const old = await reopenPart(from, name);
  await old.handle.close();
  const record = (name: string, born: string | null) => {
    got = name;
    made = born;
  };
  await movePart(from, name, to, committed, record, old.born);
  const { handle } = await reopenPart(to, got, made);
  await handle.close();
  return got;
}

describe('movePart', () => {
  test('moves within a file system, under the first free name', async () => {
    const to = await folderIn(tmpdir());
    await writeFile(join(from, 'a.txt.sluice'), 'half');
    await writeFile(join(to, 'a.txt.sluice'), 'of another');
    expect(await moved(from, 'a.txt', to, [[0, 4]])).toBe('a (1).txt');
    expect(await readdir(from)).toEqual([]);
    expect(await readFile(join(to, 'a (1).txt.sluice'), 'utf8')).toBe('half');
    expect(await readFile(join(to, 'a.txt.sluice'), 'utf8')).toBe('of another');
  });

  test.runIf(elsewhere)('copies what is committed to another file system, and nothing else', async () => {
    const to = await folderIn(elsewhere!);
    const bytes = Buffer.alloc(5 * MiB, 1);
    await writeFile(join(from, 'a.bin.sluice'), bytes);
    expect(
      await moved(from, 'a.bin', to, [
        [0, MiB + 7],
        [3 * MiB, 4 * MiB],
      ]),
    ).toBe('a.bin');
    const expected = Buffer.alloc(4 * MiB);
    expected.fill(1, 0, MiB + 7);
    expected.fill(1, 3 * MiB);
    expect((await readFile(join(to, 'a.bin.sluice'))).equals(expected)).toBe(true);
    expect(await readdir(from)).toEqual([]);
  });

  const places: [string, string][] = [['within a file system', tmpdir()]];
  if (elsewhere) places.push(['to another one', elsewhere]);
  test.each(places)(
    'has both files, whole, while the place is recorded, and the old one where that fails: %s',
    async (_, parent) => {
      const to = await folderIn(parent);
      await writeFile(join(from, 'a.sluice'), 'half');
      const record = () => {
        for (const folder of [from, to]) expect(readFileSync(join(folder, 'a.sluice'), 'utf8')).toBe('half');
        throw new Error('the store is full');
      };
      await expect(movePart(from, 'a', to, [[0, 4]], record)).rejects.toMatchObject({ code: 'disk-error' });
      expect(await readFile(join(from, 'a.sluice'), 'utf8')).toBe('half');
      expect(await readdir(to)).toEqual([]);
    },
  );

  test('keeps the old file where the new folder cannot take it', async () => {
    await writeFile(join(from, 'a.sluice'), 'half');
    await expect(moved(from, 'a', join(from, 'gone'), [])).rejects.toMatchObject({ code: 'folder-missing' });
    expect(await readFile(join(from, 'a.sluice'), 'utf8')).toBe('half');
    await expect(moved(from, 'b', from, [])).rejects.toMatchObject({ code: 'part-missing' });
  });
});

test('another file that has the name of a part file is neither opened, nor moved, nor deleted', async () => {
  await writeFile(join(from, 'a.sluice'), 'ours');
  const { born, handle } = await reopenPart(from, 'a');
  await handle.close();
  await rm(join(from, 'a.sluice'));
  await writeFile(join(from, 'a.sluice'), 'theirs');
  await expect(reopenPart(from, 'a', born)).rejects.toMatchObject({ code: 'part-missing' });
  const to = await folderIn(tmpdir());
  await expect(movePart(from, 'a', to, [[0, 4]], () => {}, born)).rejects.toMatchObject({ code: 'part-missing' });
  await deletePart(from, 'a', born);
  expect(await readFile(join(from, 'a.sluice'), 'utf8')).toBe('theirs');
});

test('deletePart deletes a part file, and is content where there is none', async () => {
  await writeFile(join(from, 'a'), 'final');
  await writeFile(join(from, 'a.sluice'), 'part');
  await deletePart(from, 'a');
  await deletePart(from, 'a');
  await deletePart(join(from, 'gone'), 'a');
  expect(await readdir(from)).toEqual(['a']);
  await mkdir(join(from, 'b.sluice'));
  await expect(deletePart(from, 'b')).rejects.toMatchObject({ name: 'SluiceError' });
});

describe('reclaimPart', () => {
  test('drops the final name of a file that has its part name still', async () => {
    await writeFile(join(from, 'a.sluice'), 'mine');
    const inode = await inodeOf(from, 'a');
    await writeFile(join(from, 'a'), 'stranger');
    await link(join(from, 'a.sluice'), join(from, 'a (1)'));
    expect(await reclaimPart(from, 'a', inode!)).toBe(true);
    expect((await readdir(from)).toSorted()).toEqual(['a', 'a.sluice']);
    expect(await reclaimPart(from, 'a', inode!)).toBe(false);
  });

  test('lets a part file alone that is another one', async () => {
    await writeFile(join(from, 'a'), 'finished');
    await writeFile(join(from, 'a.sluice'), 'stranger');
    expect(await reclaimPart(from, 'a', inodeMark(await stat(join(from, 'a'), { bigint: true }))!)).toBe(false);
    expect((await readdir(from)).toSorted()).toEqual(['a', 'a.sluice']);
  });

  test('takes back only the very file', async () => {
    await writeFile(join(from, 'a.sluice'), 'mine');
    const inode = await inodeOf(from, 'a');
    expect(inode).toMatch(/^\d+-\d+$/);
    // While the part file is there, nothing is touched.
    await writeFile(join(from, 'a'), 'stranger');
    expect(await reclaimPart(from, 'a', inode!)).toBe(false);
    await rm(join(from, 'a.sluice'));
    expect(await reclaimPart(from, 'a', inodeMark(await stat(from, { bigint: true }))!)).toBe(false);
    expect(await readdir(from)).toEqual(['a']);
  });

  test('takes no file that only got the inode’s number', async () => {
    await writeFile(join(from, 'a.sluice'), 'mine');
    const inode = await inodeOf(from, 'a');
    await rm(join(from, 'a.sluice'));
    // ext4 gives the number to the very next file; elsewhere it is as if it had.
    await writeFile(join(from, 'a'), 'a file of the person');
    const { ino, birthtimeNs } = await stat(join(from, 'a'), { bigint: true });
    expect(await reclaimPart(from, 'a', inode!)).toBe(false);
    expect(await reclaimPart(from, 'a', `${ino}-${birthtimeNs - 1n}`)).toBe(false);
    expect(await reclaimPart(from, 'a', String(ino))).toBe(false);
    expect(await readdir(from)).toEqual(['a']);
  });

  test('knows no file without a time of birth, where the number is all there is', () => {
    expect(inodeMark({ ino: 7n, birthtimeNs: 0n })).toBe(null);
    expect(inodeMark({ ino: 7n, birthtimeNs: 1n })).not.toBe(inodeMark({ ino: 7n, birthtimeNs: 2n }));
  });
});
