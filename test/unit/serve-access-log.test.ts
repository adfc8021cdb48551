import { expect, test } from 'vitest';
import { AccessLog } from '../../electron/engine/serve/access-log.ts';

const access = (at: number, address: string, status: number) => ({
  at,
  address,
  method: 'GET',
  path: '/a',
  status,
  sent: 0,
  took: 0,
});

test('refusals push no answer out, whatever addresses they come from, and are bounded themselves', () => {
  const log = new AccessLog();
  log.answered(access(1, 'reader', 200));
  for (let n = 0; n < 10_000; n += 1) log.refused(access(2 + n, `2001:db8::${n}`, 401));
  const list = log.list();
  expect(list[0]).toMatchObject({ address: 'reader', status: 200 });
  expect(list).toHaveLength(41);
  expect(list.at(-1)).toMatchObject({ address: '2001:db8::9999', times: 1 });
});

test('like refusals of one address are one line, at the time of the last', () => {
  const log = new AccessLog();
  for (let n = 1; n <= 5; n += 1) log.refused(access(n, 'a', 401));
  log.refused(access(6, 'a', 421));
  log.answered(access(7, 'a', 200));
  log.refused(access(8, 'a', 401));
  expect(log.list().map(({ at, status, times }) => [at, status, times])).toEqual([
    [6, 421, 1],
    [7, 200, undefined],
    [8, 401, 6],
  ]);
});

test('of answers the newest 200 are kept', () => {
  const log = new AccessLog();
  for (let n = 1; n <= 300; n += 1) log.answered(access(n, 'a', 206));
  expect([log.list().length, log.list()[0]?.at]).toEqual([200, 101]);
});
