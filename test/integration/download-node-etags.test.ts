/** Fault 29 over several connections: nodes that mark the same file differently, as by its inode. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DownloadJournal } from '../../electron/engine/download/index.ts';
import { drive, namesIn, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 24 * MIB + 11;
const serve = rangeServers();

/** Each request is answered by a node with an ETag of its own; their dates are the same. */
function nodes() {
  let n = 0;
  return serve({
    size: SIZE,
    etag: null,
    connectionRate: 8 * MIB,
    intercept: (_, response) => {
      n += 1;
      response.setHeader('etag', `"node-${n}"`);
      return false;
    },
  });
}

test('the file is fetched all the same, its bytes compared, and said to be unverified', async () => {
  const server = await nodes();
  await withFolder(async (folder) => {
    const { outcome, events, journal } = await drive(server.url, { folder, connections: 4 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'unverified' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(events).toContainEqual(
      expect.objectContaining({ level: 'warning', text: expect.stringContaining('bytes are compared') }),
    );
    expect(journal).toMatchObject({ etagVaries: true, resumability: 'size-only' });
  });
});

test('an equal date is not believed where the bytes are others', async () => {
  const server = await nodes();
  await withFolder(async (folder) => {
    const stopAt = ({ kind }: { kind: string }) => kind === 'committed';
    const { journal } = await drive(server.url, { folder, connections: 1, stopAt });
    server.set({ seed: 2 });
    const resume: DownloadJournal | null = journal;
    const driven = await drive(server.url, { folder, connections: 4, resume });
    expect(driven.outcome).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });
    expect(driven.journal?.committed).toEqual(journal?.committed);
    expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
  });
});
