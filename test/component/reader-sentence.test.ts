/** What is said of somebody who reads a share: who it is, and what holds them back. */
import { expect, test } from 'vitest';
import type { ShareKind } from '../../shared/share.ts';
import { readerSentence } from '../../renderer/src/shares/words.ts';

const slow = { source: 0.1, reader: 0.8, limit: 0 };
const starved = { source: 0.8, reader: 0.1, limit: 0 };

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 20_1 like Mac OS X) Mobile/15E148', 'The phone reads slowly'],
  ['Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/140.0 Mobile Safari/537.36', 'The phone reads slowly'],
  ['Mozilla/5.0 (Linux; Android 16; SM-X710) Chrome/140.0 Safari/537.36', 'The tablet reads slowly'],
  ['Mozilla/5.0 (iPad; CPU OS 20_1 like Mac OS X) Mobile/15E148', 'The tablet reads slowly'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'The browser reads slowly'],
  ['curl/8.15.0', 'curl reads slowly'],
  ['', 'The reader reads slowly'],
  ['<b>', 'The reader reads slowly'],
])('%j: %s', (agent, sentence) => {
  expect(readerSentence('file', { agent, waited: slow })).toBe(sentence);
});

test.each([
  ['file', 'The disk is the limit'],
  ['remote', 'The server behind the link is the limit'],
  ['job', 'It waits for the download'],
  ['query', 'The database is the limit'],
  ['feed', 'It waits for the next record'],
] as [ShareKind, string][])('what a %s comes from is slow: %s', (kind, sentence) => {
  expect(readerSentence(kind, { agent: 'curl/8.15.0', waited: starved })).toBe(sentence);
});

test('a limit, and nothing at all', () => {
  const agent = 'curl/8.15.0';
  expect(readerSentence('file', { agent, waited: { source: 0, reader: 0.3, limit: 0.6 } })).toBe(
    'The speed limit holds it back',
  );
  expect(readerSentence('file', { agent, waited: { source: 0.1, reader: 0.1, limit: 0 } })).toBe(
    'Nothing holds it back',
  );
});
