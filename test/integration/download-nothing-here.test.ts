/** A download that began and has nothing yet: where the file changes meanwhile, it just begins with the new one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drive, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const SIZE = 3_000_001;
const serve = rangeServers();

test.each([true, false])('nobody is asked, and what the old version said is forgotten (ranges: %s)', async (ranges) => {
  const server = await serve({ size: SIZE, ranges });
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'file.bin.sluice'), '');
    const { outcome, journal } = await drive(server.url, {
      folder,
      connections: 1,
      resume: {
        identity: { finalUrl: server.url, size: 1234, etag: '"old"', lastModified: null, contentType: null },
        resumability: 'strong-etag',
        name: 'file.bin',
        committed: [],
        digest: { algorithm: 'sha-256', value: 'a'.repeat(64) },
      },
    });
    expect(outcome).toMatchObject({ kind: 'completed', size: SIZE, proof: 'size' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(journal).toMatchObject({ digest: null, resumability: ranges ? 'strong-etag' : 'no-ranges' });
  });
});
