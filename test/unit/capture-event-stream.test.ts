import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { EventStream, type StreamEvent } from '../../electron/engine/capture/event-stream.ts';
import { seededRandom } from '../servers/random.ts';

function read(chunks: readonly (string | Buffer)[], most = 1000) {
  const retries: number[] = [];
  let tooLarge = 0;
  const stream = new EventStream(most, '', {
    onRetry: (ms) => retries.push(ms),
    onTooLarge: () => {
      tooLarge += 1;
    },
  });
  const events = chunks.flatMap((chunk) => [...stream.push(Buffer.from(chunk))]);
  return { events, retries, tooLarge };
}

const data = (text: string) => read([text]).events.map((event) => event.data);

describe('the examples of the standard', () => {
  test('9.2.4: stocks', () => {
    expect(data('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10']);
  });

  test('9.2.6: a comment, ids that are set and reset, and data of which one space is taken', () => {
    const text = ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n';
    expect(read([text]).events).toEqual<StreamEvent[]>([
      { type: 'message', data: 'first event', id: '1', lastId: '1' },
      { type: 'message', data: 'second event', id: '', lastId: '' },
      { type: 'message', data: ' third event', id: null, lastId: '' },
    ]);
  });

  test('9.2.6: empty data, and an event that was not ended', () => {
    expect(data('data\n\ndata\ndata\n\ndata:')).toEqual(['', '\n']);
  });

  test('9.2.6: with and without a space', () => {
    expect(data('data:test\n\ndata: test\n\n')).toEqual(['test', 'test']);
  });
});

test.each<[string, string, Partial<StreamEvent>[]]>([
  ['a byte order mark', '\ufeffdata: a\n\n', [{ data: 'a' }]],
  ['a second one, which is none', '\ufeff\ufeffdata: a\n\ndata: b\n\n', [{ data: 'b' }]],
  ['CR LF', 'data: a\r\ndata: b\r\n\r\n', [{ data: 'a\nb' }]],
  ['lone CR', 'data: a\rdata: b\r\r', [{ data: 'a\nb' }]],
  ['an id with NUL', 'id: 1\n\nid: a\0b\ndata: x\n\n', [{ id: null, lastId: '1' }]],
  ['a type without data', 'event: t\n\ndata: x\n\n', [{ type: 'message' }]],
  ['an id without data', 'id: 7\n\ndata: x\n\n', [{ id: null, lastId: '7' }]],
  ['unknown fields and other cases', 'Data: x\nfoo: bar\ndata: y\n\n', [{ data: 'y' }]],
])('%s', (_, text, events) => {
  expect(read([text]).events).toMatchObject(events);
  expect(read([text]).events).toHaveLength(events.length);
});

test('only whole numbers of ms are a reconnection time', () => {
  expect(read(['retry: 250\nretry: 1e3\nretry:\nretry: -1\n\n']).retries).toEqual([250]);
});

test('an event that is too large is passed over, in one line or in many, and the stream goes on', () => {
  const long = 'x'.repeat(60);
  const one = `data: ${long}${long}\n\n`;
  const many = `id: 2\ndata: ${long}\ndata: ${long}\n\n`;
  const text = `data: a\n\n${one}${many}data: b\n\n`;
  for (const chunk of [1, 7, 1000]) {
    const pieces = text.match(new RegExp(`[^]{1,${chunk}}`, 'g')) ?? [];
    const { events, tooLarge } = read(pieces, 100);
    expect(events.map((event) => [event.data, event.lastId])).toEqual([
      ['a', ''],
      ['b', '2'],
    ]);
    expect(tooLarge).toBe(2);
  }
});

test('streams made by chance, cut anywhere, read as eventsource-parser reads them', () => {
  const random = seededRandom(42);
  const parts = [
    'data',
    'id',
    'event',
    'retry',
    ':',
    ': ',
    ' ',
    '\n',
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    'ä€😀',
    '1',
    'x',
    '\ufeff',
  ] as const;
  const different: string[] = [];
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: random.int(1, 40) }, () => random.pick(parts as unknown as [string])).join('');
    const expected: { data: string; type: string; id: string | null }[] = [];
    const parser = createParser({
      onEvent: ({ data, event = 'message', id = null }) => expected.push({ data, type: event, id }),
    });
    parser.feed(text);
    const bytes = Buffer.from(text);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = random.int(1, 9);
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    const events = read(chunks, 1e6).events.map(({ data, type, id }) => ({ data, type, id }));
    // A CR at the very end ends its line for us; the library waits for what follows.
    if (!text.endsWith('\r') && JSON.stringify(events) !== JSON.stringify(expected)) different.push(text);
  }
  expect(different).toEqual([]);
});
