/** A server with a long way to it: enough is asked for at once that nobody waits for the round trips. */
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { depthFor } from '../../electron/engine/database/portal.ts';
import { fieldText } from '../../electron/engine/export/encode/index.ts';
import { startDelayProxy } from '../servers/delay-proxy.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { openTexts, readingSession } from './portal-session.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.end());

const EXECUTE = 'E'.charCodeAt(0);

test('at 40 ms eight portions are asked for before the first has come, and all rows come in order', async () => {
  await using proxy = await startDelayProxy({ to: server.target.port, rtt: 40 });
  await using session = await readingSession({ ...server.target, host: '127.0.0.1', port: proxy.port });
  const portal = await openTexts(session, 'SELECT generate_series(1, 60000) AS n');
  const { stream } = (session.client as unknown as { connection: { stream: Duplex } }).connection;
  const write = stream.write.bind(stream);
  let executes = 0;
  let before: number | null = null;
  stream.write = ((message: Buffer) => {
    if (message[0] === EXECUTE) executes += 1;
    return write(message);
  }) as Duplex['write'];
  let rows = 0;
  let wrong = 0;
  await portal.read({
    row: (chunk, start) => {
      before ??= executes;
      rows += 1;
      if (fieldText(chunk, start, 0, { oid: 23 }, 0) !== String(rows)) wrong += 1;
    },
  });
  expect({ before, rows, wrong }).toEqual({ before: 8, rows: 60_000, wrong: 0 });
});

test('a server that is near is asked for two', () => {
  expect([0.1, 1.9, 2, 19, 20, 300].map(depthFor)).toEqual([2, 2, 4, 4, 8, 8]);
});
