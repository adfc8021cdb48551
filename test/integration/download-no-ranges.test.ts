/** Fault 21 again after an interruption: a server that hangs up on every ranged request is asked without one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFaultServer } from '../servers/fault-server.ts';
import { drive, sha256Of, withFolder } from './download-driver.ts';

test('21: a download that goes on does not ask for a range where ranged requests are reset', async () => {
  await using server = await startFaultServer();
  await withFolder(async (folder) => {
    const run = await server.play(21);
    await writeFile(join(folder, 'file.bin.sluice'), '');
    const { outcome } = await drive(run.url, {
      folder,
      tries: 2,
      resume: {
        identity: { finalUrl: run.url, size: run.size, etag: null, lastModified: null, contentType: null },
        resumability: 'no-ranges',
        name: 'file.bin',
        committed: [],
      },
    });
    expect(outcome).toMatchObject({ kind: 'completed', name: 'file.bin' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(run.sha256);
    expect(run.exchanges.map(({ request }) => request.headers['range'])).toEqual([undefined]);
  });
});
