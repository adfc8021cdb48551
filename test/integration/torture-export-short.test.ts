/** The short form of `npm run torture -- export`: three rounds, a handful of kills. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { prepareServer, tortureExport } from '../torture/export-round.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await prepareServer(server);
});
afterAll(() => server.end());

describe('exports come out whole, whatever is done to the engine and the server', () => {
  // 2: zstd; 3: split into files; 7: several tables.
  for (const seed of [2, 3, 7]) {
    test(`seed ${seed}`, async () => {
      const lines: string[] = [];
      const log = (line: string) => lines.push(line);
      const result = await tortureExport({ seed, server, acts: 4, pause: 500, log }).catch((error: unknown) => {
        throw new Error(`seed ${seed}:\n${lines.join('\n')}`, { cause: error });
      });
      expect(result.kills).toBeGreaterThan(0);
    });
  }
});
