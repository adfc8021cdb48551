import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../electron/engine/index.ts';

test('a sample download that a restart interrupted goes on by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-sample-'));
  const options = { home: join(folder, 'home'), downloadsFolder: folder };
  const first = await openEngine(options);
  const { url, sha256 } = await first.sample(3_000_000, 1_000_000);
  const [added] = first.add([{ url, checksum: `sha-256:${sha256}` }]);
  if (!added?.ok) throw new Error('not added');
  const { id } = added;
  await new Promise<void>((resolve) => {
    const end = first.subscribe(() => {
      if (first.get(id).done === 0) return;
      end();
      resolve();
    });
  });
  await first.close();
  const second = await openEngine(options);
  await expect.poll(() => second.get(id).state.kind).toBe('completed');
  expect(second.get(id).state).toMatchObject({ proof: 'checksum' });
  await second.close();
  await rm(folder, { recursive: true });
});
