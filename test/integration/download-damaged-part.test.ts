/** A part file that is not as it was left: what is damaged is fetched again, and what came out of a backup is recognised. */
import { copyFile, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DownloadJournal } from '../../electron/engine/download/index.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import type { RangeServer } from '../servers/range-server.ts';
import { drive, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 8 * MIB + 5;
const HERE = 6 * MIB;
const serve = rangeServers();

/** A download that was stopped when `HERE` bytes had come; its server then gives the rest. */
async function stopped(folder: string): Promise<{ server: RangeServer; resume: DownloadJournal; part: string }> {
  const server = await serve({ size: SIZE, held: [HERE, SIZE] });
  const { journal } = await drive(server.url, {
    folder,
    connections: 1,
    stopAt: (event) => event.kind === 'committed' && event.journal.committed[0]?.[1] === HERE,
  });
  if (!journal) throw new Error('nothing was left behind');
  server.set({ held: null });
  return { server, resume: journal, part: join(folder, 'file.bin.sluice') };
}

test('a lost tail is noticed though the ETag is the same, and fetched again', async () => {
  await withFolder(async (folder) => {
    const { server, resume, part } = await stopped(folder);
    await using file = await open(part, 'r+');
    await file.truncate(5 * MIB);
    await file.truncate(SIZE);
    const { outcome, events } = await drive(server.url, { folder, resume, connections: 1 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(events).toContainEqual(expect.objectContaining({ text: expect.stringContaining('damaged on this disk') }));
  });
});

test('where more of it is here, which was not compared, the file is unverified', async () => {
  await withFolder(async (folder) => {
    const { server, resume, part } = await stopped(folder);
    await using file = await open(part, 'r+');
    await file.truncate(5 * MIB);
    await file.truncate(SIZE);
    await file.write(generatedBytes(1).read(7 * MIB, SIZE), { position: 7 * MIB });
    const more: DownloadJournal = { ...resume, committed: [...resume.committed, [7 * MIB, SIZE]] };
    const { outcome } = await drive(server.url, { folder, resume: more, connections: 1 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'unverified' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});

test('one that came out of a backup is gone on with once its bytes were found to be the file’s', async () => {
  await withFolder(async (folder) => {
    const { server, resume, part } = await stopped(folder);
    await copyFile(part, `${part}.copy`);
    await rename(`${part}.copy`, part);
    const before = server.bytesSent;
    const { outcome, journal } = await drive(server.url, { folder, resume, connections: 1 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(server.bytesSent - before, 'the rest and a few stretches').toBeLessThan(SIZE - HERE + MIB);
    expect(journal?.born).not.toBe(resume.born);
  });
});

test('another file of its name that is as long is neither gone on with nor touched', async () => {
  await withFolder(async (folder) => {
    const { server, resume, part } = await stopped(folder);
    const foreign = Buffer.alloc(SIZE, 'somebody else’s ');
    await writeFile(`${part}.other`, foreign);
    await rename(`${part}.other`, part);
    const { outcome } = await drive(server.url, { folder, resume, connections: 1 });
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'part-missing' } });
    expect((await readFile(part)).equals(foreign)).toBe(true);
  });
});
