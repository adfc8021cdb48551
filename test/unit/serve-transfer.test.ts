/** What a reader is shown to wait for: what holds it back now, not what once did. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../electron/engine/flow/index.ts';
import { Transfer } from '../../electron/engine/serve/transfer.ts';

function transfer(): Transfer {
  const owner = { limit: new TokenBucket(null), sent() {} };
  const who = { address: '127.0.0.1', agent: '', path: '/', method: 'GET' };
  return new Transfer(owner, new EventEmitter() as unknown as ServerResponse, who);
}

const HOUR = 3_600_000;

test('a reader that was fast for an hour and is slow now is shown as slow', () => {
  const reader = transfer();
  const { began } = reader;
  expect(reader.describe(began + HOUR).waited.reader).toBe(0);
  reader.waited.reader += 5000;
  expect(reader.describe(began + HOUR + 5000).waited.reader).toBeGreaterThan(0.9);
});

test('one that was slow for an hour and is fast now is not', () => {
  const reader = transfer();
  const { began } = reader;
  reader.waited.reader = HOUR;
  expect(reader.describe(began + HOUR).waited.reader).toBeGreaterThan(0.9);
  reader.describe(began + HOUR + 2000);
  expect(reader.describe(began + HOUR + 5000).waited.reader).toBe(0);
});

test('a write that does not end counts while it lasts', () => {
  const reader = transfer();
  const { began } = reader;
  reader.describe(began + HOUR);
  reader.writing = { since: began + HOUR, bytes: 1 };
  expect(reader.describe(began + HOUR + 4000).waited.reader).toBeGreaterThan(0.9);
});

test('what waits for a reader to take it is shown while it waits', () => {
  const reader = transfer();
  const { began } = reader;
  expect(reader.describe(began).queued).toBe(0);
  reader.writing = { since: began, bytes: 65_536 };
  expect(reader.describe(began + 1).queued).toBe(65_536);
  reader.writing.since = 0;
  expect(reader.describe(began + 2).queued).toBe(0);
});
