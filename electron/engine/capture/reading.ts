import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedKind } from '../../../shared/capture.ts';
import { failure, SluiceError, toFailure, type Failure } from '../../../shared/failure.ts';
import { networkError } from '../remote/index.ts';
import type { Feed, FeedContext } from './feed.ts';
import { readEvents } from './sse-feed.ts';
import { readLines } from './lines-feed.ts';
import { readMessages } from './websocket-feed.ts';
import { readNotifications } from './listen-feed.ts';
import { poll } from './poll-feed.ts';
import type { CaptureSpec } from './types.ts';

const feeds: Readonly<Record<FeedKind, Feed>> = {
  lines: readLines,
  sse: readEvents,
  websocket: readMessages,
  listen: readNotifications,
  poll,
};

const LONGEST_DELAY_MS = 30_000;
/** No source may ask for more patience. */
const LONGEST_PATIENCE_MS = 3_600_000;

/**
 * Ms before the next connection: doubling from half a second to half a minute, a part of it by chance, so that many do
 * not return together; never less than the source asked for.
 * @param tries connections in a row that brought nothing, from 0
 * @param random 0 to 1
 */
export function reconnectDelay(tries: number, asked: number | null, random: number): number {
  const own = Math.min(LONGEST_DELAY_MS, 500 * 2 ** tries) * (1 + random / 2);
  if (asked === null) return own;
  // The source knows how soon it may be asked again; one that keeps failing is given more time.
  return Math.min(LONGEST_PATIENCE_MS, tries === 0 ? asked : Math.max(asked, own));
}

/** What may be over with the next connection. */
export function isPassing({ code, retryable }: Failure): boolean {
  return retryable || code === 'bad-response';
}

export interface ReadingHandlers extends Pick<FeedContext, 'take' | 'tooLarge' | 'isReplayed' | 'note'> {
  /** Where a source that can replay goes on. */
  readonly position: () => string | null;
  readonly onConnected: (content: 'ndjson' | 'text') => void;
  /** Cannot be read for now: lost, or answered that it cannot. */
  readonly onLost: (why: 'disconnected' | 'source', failed: Failure) => void;
}

/**
 * Reads a feed over as many connections as it takes. Resolves when the source is over. Rejects when it was aborted, when
 * the queue refused a record, and for what another try will not lift.
 * @param isFresh true while nothing was ever captured: a link that does not work is told at once
 */
export async function keepReading(
  spec: CaptureSpec,
  handlers: ReadingHandlers,
  isFresh: boolean,
  signal: AbortSignal,
): Promise<void> {
  const read = feeds[spec.feed.kind];
  let always: number | null = null;
  let once: number | null = null;
  let hasConnected = !isFresh;
  for (let tries = 0; ; tries += 1) {
    const context: FeedContext = {
      ...handlers,
      spec,
      signal,
      most: spec.queue.bytes,
      position: handlers.position(),
      take(record) {
        // One more is added before the next connection.
        tries = -1;
        return handlers.take(record);
      },
      connected(content) {
        hasConnected = true;
        handlers.onConnected(content);
      },
      patience(ms, each) {
        if (each === 'always') always = ms;
        else once = ms;
      },
    };
    const failed = await attempt(read, context);
    if (failed === null) return;
    if (!isPassing(failed) || !hasConnected) throw new Refused(failed, once);
    handlers.onLost(failed.code === 'feed-ended' || failed.code === 'too-busy' ? 'source' : 'disconnected', failed);
    const delay = reconnectDelay(tries, once ?? always, Math.random());
    once = null;
    await sleep(delay, undefined, { signal });
  }
}

/** A source that is not asked again by itself. */
export class Refused extends Error {
  readonly failure: Failure;
  /** Ms of patience that it asked for. */
  readonly retryAfter: number | null;

  constructor(failed: Failure, retryAfter: number | null) {
    super(failed.message);
    this.failure = failed;
    this.retryAfter = retryAfter;
  }
}

/** Reads one connection: why it ended, or null where the source is over. @throws where it was aborted */
async function attempt(read: Feed, context: FeedContext): Promise<Failure | null> {
  const { spec, signal } = context;
  const host = spec.feed.kind === 'listen' ? (spec.target?.host ?? '') : new URL(spec.feed.url).hostname;
  try {
    const end = await read(context);
    return end === 'over' ? null : failure('feed-ended', { host, detail: 'the source closed it' });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SluiceError) return error.failure;
    // What is broken on its way, compressed or not, is a lost connection; the rest is a bug.
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === 'string') return networkError(error, host).failure;
    return toFailure(error);
  }
}
