/** What fails while the engine opens lets the home go, and replaces nothing that it cannot read. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../electron/engine/index.ts';

test('a key of shares that cannot be read is a failure, not a new key; the home is free again', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-key-'));
  const home = join(root, 'home');
  // A folder in its place: reading fails for root too.
  mkdirSync(join(home, 'shares.key'), { recursive: true });
  const open = () => openEngine({ home, downloadsFolder: root });
  await expect(open()).rejects.toMatchObject({ code: 'disk-error' });
  rmSync(join(home, 'shares.key'), { recursive: true });
  const engine = await open();
  await engine.close();
  rmSync(root, { recursive: true });
});
