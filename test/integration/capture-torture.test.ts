/** The short form of `npm run torture -- capture`, with seeds that are known to pass. */
import { expect, test } from 'vitest';
import { captureRound } from '../torture/capture-round.ts';

test('each event is captured once and whole, over disconnects and kill -9', async () => {
  const lines: string[] = [];
  const result = await captureRound({
    seed: 7,
    total: 30_000,
    cuts: 8,
    kills: 2,
    compression: 'gzip',
    fileBytes: 500_000,
    log: (line) => lines.push(line),
  }).catch((error: unknown) => {
    throw new Error(lines.join('\n'), { cause: error });
  });
  expect(result).toMatchObject({ records: 30_000, kills: 2 });
});
