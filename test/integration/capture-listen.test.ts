/** Notifications of a real PostgreSQL, through a whole engine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { captureHome } from './capture-world.ts';
import { draftOf } from './database-world.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.end());

test('notifications are captured, over a server that went away; what it cannot do is said', async () => {
  await using home = await captureHome();
  const { id: connection } = await home.engine.databases.save(draftOf(postgres.target));
  const id = home.capture({ kind: 'listen', connection, channels: ['orders', 'Odd "name"'] });
  await home.soon(() => home.job(id).state.kind === 'running' && home.detail(id).connected);
  await postgres.sql(
    `NOTIFY orders, '{"id": 1}'; NOTIFY "Odd ""name""", 'text'; NOTIFY other, 'not for us'; NOTIFY orders`,
  );
  await home.captured(id, 3);
  await postgres.stopHard();
  await home.soon(() => !home.detail(id).connected);
  await postgres.restart();
  await home.soon(() => home.detail(id).connected);
  await postgres.sql(`NOTIFY orders, 'back'`);
  await home.captured(id, 4);
  const { activity, gaps } = home.engine.detail(id) as ReturnType<typeof home.detail>;
  expect(gaps).toMatchObject([{ why: 'disconnected', to: expect.any(Number) }]);
  expect(activity.map(({ text }) => text).join('\n')).toContain('PostgreSQL cannot be held back');
  // What is shown is what holds.
  expect(home.job(id).whenFull).toBe('drop-oldest');
  const records = (await home.finished(id)).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records).toMatchObject([
    { channel: 'orders', data: { id: 1 } },
    { channel: 'Odd "name"', data: 'text' },
    { channel: 'orders', data: '' },
    { channel: 'orders', data: 'back' },
  ]);
  expect(await home.list()).toEqual(['feed-000001.ndjson', 'feed-000001.ndjson.index']);
});
