import { SluiceError } from '../../../shared/failure.ts';
import { field } from '../remote/index.ts';
import { EventStream } from './event-stream.ts';
import type { Feed } from './feed.ts';
import { gently, piecesOf } from './gently.ts';
import { openStream } from './open-stream.ts';
import { messageLine } from './record.ts';
import { replayKey } from './replay-filter.ts';

/** Bytes of an id that is still said: a longer one would be too much for the source's limit of a head. */
const LONGEST_ID = 4096;

/** Field values are bytes: an id in UTF-8 goes as such. One that no field can hold is not said: the source begins anew. */
function lastEventId(id: string): Record<string, string> {
  const value = Buffer.from(id, 'utf8').toString('latin1');
  return value.length <= LONGEST_ID && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? { 'Last-Event-ID': value } : {};
}

/**
 * Server-sent events (HTML standard, 9.2). Goes on after the last event id; what the source then sends once more is
 * passed over. 204 means that it is over (9.2.3).
 */
export const readEvents: Feed = async (context) => {
  const { isReplayed, most, position, spec, take } = context;
  if (spec.feed.kind !== 'sse') throw new Error('Not an event stream');
  const own = {
    Accept: 'text/event-stream',
    'Cache-Control': 'no-store',
    ...(position === null ? {} : lastEventId(position)),
  };
  const { head, host, body } = await openStream(spec.feed, own, context, ({ status }) => status === 204);
  if (head.status === 204) {
    body.destroy();
    return 'over';
  }
  const type = (field(head, 'content-type') ?? 'nothing').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'text/event-stream') {
    body.destroy();
    throw new SluiceError('not-a-feed', { host, wanted: 'events', got: type.slice(0, 100) });
  }
  context.connected('ndjson');
  const events = new EventStream(most, position ?? '', {
    onRetry: (ms) => context.patience(ms, 'always'),
    onTooLarge: context.tooLarge,
  });
  for await (const chunk of gently(piecesOf(body))) {
    for (const { id, lastId, type, data } of events.push(chunk)) {
      const key = id === null ? null : replayKey(id, data);
      if (key !== null && isReplayed(key)) continue;
      const at = Date.now();
      const line = messageLine(at, { id, event: type === 'message' ? null : type }, data);
      const wait = take({ data: line, at, position: lastId === '' ? null : lastId, key });
      if (wait) await wait;
    }
  }
  return 'again';
};
