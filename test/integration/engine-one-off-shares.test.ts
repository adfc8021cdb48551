/** What a one-off command shares is never kept: not even where it dies before it could revoke it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../electron/engine/index.ts';

test('a share of a one-off command is gone with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-one-off-'));
  const path = join(folder, 'secret.txt');
  writeFileSync(path, 'x');
  const options = { home: join(folder, 'home'), downloadsFolder: folder };
  const command = await openEngine({ ...options, autoStart: false });
  await command.shares.add({ target: { kind: 'file', path }, options: {} });
  await command.close();
  const app = await openEngine(options);
  expect(app.shares.list()).toEqual([]);
  await app.close();
  rmSync(folder, { recursive: true });
});
