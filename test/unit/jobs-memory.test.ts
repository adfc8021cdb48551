/** What the store remembers besides jobs, and how a store of an earlier version becomes one of this. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrations } from '../../electron/engine/jobs/schema.ts';
import { createWorld, journal, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const HOUR = 3_600_000;

test('what hosts allow is remembered for a day', async () => {
  const id = world.add();
  await world.downloads.running(id);
  world.downloads.tell(id, { kind: 'host-cap', host: 'old.example', connections: 2 });
  await world.clock.advance(HOUR);
  world.downloads.tell(id, { kind: 'host-cap', host: 'new.example', connections: 6 });
  world.downloads.tell(id, { kind: 'host-cap', host: 'new.example', connections: 5 });
  await world.jobs.close();
  world.reopen();
  expect(world.downloads.hostCaps).toEqual({ 'old.example': 2, 'new.example': 5 });
  await world.jobs.close();
  world.clock.jump(23.5 * HOUR);
  world.reopen();
  expect(world.downloads.hostCaps).toEqual({ 'new.example': 5 });
});

test.each([1, 2])(
  'a store of version %i opens with all its jobs, and with what is new as it was before',
  async (version) => {
    await world.jobs.close();
    const home = join(world.home, '..', `home-${version}`);
    mkdirSync(home);
    const database = new DatabaseSync(join(home, 'store.db'));
    for (const step of migrations.slice(0, version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${version}`);
    const part = journal('a.bin', 1000, [[0, 400]]);
    database
      .prepare(
        `INSERT INTO jobs (id, position, created_at, url, headers, has_secrets, name, folder, checksum, state, size, journal)
       VALUES ('aaaa1111', 1, 5, 'https://example.com/a.bin', '{"Referer":"r"}', 0, 'a.bin', ?, NULL, ?, 1000, ?)`,
      )
      .run(world.files, JSON.stringify({ kind: 'running' }), JSON.stringify(part));
    database.exec(`INSERT INTO activity (job, at, level, text) VALUES ('aaaa1111', 1, 'info', 'a line')`);
    database.exec(`INSERT INTO settings (key, value) VALUES ('maxActive', '7')`);
    database.close();
    world.reopen({ home });
    expect(world.jobs.list()).toMatchObject([
      { id: 'aaaa1111', done: 400, priority: 'normal', startAt: null, mirrors: [], createdAt: 5 },
    ]);
    expect(world.jobs.settings()).toMatchObject({ maxActive: 7, schedule: [], hostLimits: {}, whenDone: 'nothing' });
    const run = await world.downloads.running('aaaa1111');
    expect(run.resume).toEqual(part);
    expect(run.spec).toMatchObject({ headers: { Referer: 'r' }, mirrors: [], findChecksum: false });
    expect(world.jobs.detail('aaaa1111').activity[0]?.text).toBe('a line');
  },
);
