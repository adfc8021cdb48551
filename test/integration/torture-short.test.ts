/** The short form of `npm run torture -- download`: two rounds with seeds that are known to pass, ten kills in all. */
import { describe, expect, test } from 'vitest';
import { tortureRound } from '../torture/round.ts';

describe.concurrent('downloads come out whole, whatever is done to the engine', () => {
  for (const seed of [101, 202]) {
    test(`seed ${seed}`, async () => {
      const lines: string[] = [];
      const options = { seed, kills: 5, seconds: 3, pause: 400, log: (line: string) => lines.push(line) };
      const result = await tortureRound(options).catch((error: unknown) => {
        throw new Error(`seed ${seed}:\n${lines.join('\n')}`, { cause: error });
      });
      expect(result.kills).toBeGreaterThan(0);
      expect(result.sent).toBeGreaterThanOrEqual(result.needed);
    });
  }
});
