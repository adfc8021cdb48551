/** What every kind of feed is to a run: one connection to a source, read to its end. */
import type { CaptureSpec } from './types.ts';
import type { FeedRecord } from './record.ts';

export interface FeedContext {
  readonly spec: CaptureSpec;
  /** Ends the connection and every wait. */
  readonly signal: AbortSignal;
  /** Where a source that can replay goes on; null: from now on. */
  readonly position: string | null;
  /** Bytes of the largest record that is taken. */
  readonly most: number;
  /** The source answered as it should: records follow. */
  readonly connected: (content: 'ndjson' | 'text') => void;
  /** Takes a record. What it returns is to be waited for before the next one. @throws queue-full */
  readonly take: (record: FeedRecord) => Promise<void> | undefined;
  /** A record was larger than that, and passed over. */
  readonly tooLarge: () => void;
  /** True for an event that was here before this connection. */
  readonly isReplayed: (key: string) => boolean;
  /** The source asks for ms of patience before the next connection: once (Retry-After), or each time (`retry:`). */
  readonly patience: (ms: number, each: 'once' | 'always') => void;
  readonly note: (text: string) => void;
}

/**
 * Reads one connection. Resolves when the source ended it: `over` where the source says that nothing will follow, and
 * `again` where it is to be asked anew. @throws what the network, the source and `take` throw
 */
export type Feed = (context: FeedContext) => Promise<'over' | 'again'>;
