/** Root's PostgreSQL runs as another user, also where that user cannot reach what npm installed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  embeddedPrograms,
  makeCluster,
  reachablePrograms,
  serverUser,
  type ServerPrograms,
  startServer,
} from '../../electron/engine/database/postgres-server.ts';

/** Null where it is not installed. */
const installed = (() => {
  try {
    const programs = embeddedPrograms();
    return existsSync(programs.postgres) ? programs : null;
  } catch {
    return null;
  }
})();
const user = serverUser();

/** The same programs below a folder into which only root may look, as /root is. */
function closed({ initdb, postgres }: ServerPrograms, folder: string): ServerPrograms {
  execFileSync('cp', ['-RP', dirname(dirname(postgres)), folder]);
  chmodSync(folder, 0o700);
  const bin = join(folder, basename(dirname(dirname(postgres))), 'bin');
  return { initdb: join(bin, basename(initdb)), postgres: join(bin, basename(postgres)) };
}

test.skipIf(installed === null || user === null)(
  'programs in a closed folder are copied for that user, once',
  async () => {
    const hidden = mkdtempSync(join(tmpdir(), 'sluice-closed-'));
    const open = mkdtempSync(join(tmpdir(), 'sluice-open-'));
    try {
      chownSync(open, user!.uid, user!.gid);
      const programs = closed(installed!, hidden);
      const cluster = { folder: join(open, 'data'), user, password: 'x' };
      await expect(makeCluster({ ...cluster, programs })).rejects.toMatchObject({ code: 'EACCES' });

      const copy = join(open, 'programs');
      const [reached, same] = await Promise.all([
        reachablePrograms(programs, user, copy),
        reachablePrograms(programs, user, copy),
      ]);
      expect(same).toEqual(reached);
      await makeCluster({ ...cluster, programs: reached });
      const server = await startServer({ programs: reached, folder: cluster.folder, user });
      await server.stop();
      const made = statSync(copy).ino;
      expect(await reachablePrograms(programs, user, copy)).toEqual(reached);
      expect(statSync(copy).ino).toBe(made);
    } finally {
      for (const folder of [hidden, open]) rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('programs that can be run are not copied', async () => {
  const programs = { initdb: process.execPath, postgres: process.execPath };
  const copy = join(tmpdir(), 'sluice-never-made');
  expect(await reachablePrograms(programs, null, copy)).toBe(programs);
  const open = { initdb: '/bin/sh', postgres: '/bin/true' };
  expect(await reachablePrograms(open, user, copy)).toBe(open);
  expect(existsSync(copy)).toBe(false);
});
