/** Captures: endless feeds into rotating files through a bounded queue. */
import * as z from 'zod';

const url = z.string().min(1).max(16_384);
const headers = z.record(z.string(), z.string()).optional();

/** Where records come from, without end. */
export const feedSchema = z.discriminatedUnion('kind', [
  /** Lines of an HTTP response that does not end (NDJSON, logs). After a disconnect it is asked for again. */
  z.object({ kind: z.literal('lines'), url, headers }),
  /** Server-sent events (HTML standard, 9.2): goes on after `Last-Event-ID`. */
  z.object({ kind: z.literal('sse'), url, headers }),
  /** One record a message; binary ones as base64. */
  z.object({ kind: z.literal('websocket'), url, headers }),
  /** PostgreSQL LISTEN: one record a notification. */
  z.object({
    kind: z.literal('listen'),
    connection: z.string().max(100),
    channels: z.array(z.string().min(1).max(63)).min(1).max(100),
  }),
  /** One record each time the URL is asked. */
  z.object({
    kind: z.literal('poll'),
    url,
    headers,
    /** Seconds. */
    interval: z.number().min(0.1).max(86_400),
    /** True: an answer that is equal to the one before is left out. */
    changesOnly: z.boolean(),
  }),
]);
export type Feed = z.infer<typeof feedSchema>;
export type FeedKind = Feed['kind'];

/**
 * What happens at either end of the queue between the feed and the disk: when the queue is full, and when the disk is. There
 * `block` waits for room, `drop-oldest` does so too but never holds the feed back meanwhile, and `fail` asks the person.
 */
export const whenFullChoices = ['block', 'drop-oldest', 'fail'] as const;
export type WhenFull = (typeof whenFullChoices)[number];

export const captureCompressions = ['none', 'gzip', 'zstd'] as const;

export const rotationSchema = z.object({
  /** A new file begins before this many (uncompressed) bytes are exceeded … */
  bytes: z.int().min(1).nullable(),
  /** … or when the file is this old, in seconds. */
  seconds: z.int().min(1).nullable(),
  /** “name-000001.ndjson” or “name-2026-11-22T10-00-00-000.ndjson”. */
  naming: z.enum(['number', 'date']),
});
export type Rotation = z.infer<typeof rotationSchema>;

/** The bounds of the queue. */
export const queueBoundsSchema = z.object({ records: z.int().min(1).max(1_000_000), bytes: z.int().min(1024) });

/** One capture as a person asks for it. */
export const captureRequestSchema = z.object({
  feed: feedSchema,
  folder: z.string().max(4096).optional(),
  /** What the files' names begin with; left out: from the feed. */
  name: z.string().max(200).optional(),
  rotation: rotationSchema,
  compression: z.enum(captureCompressions),
  queue: queueBoundsSchema,
  whenFull: z.enum(whenFullChoices),
  /** Left out: `fail`. */
  whenDiskFull: z.enum(whenFullChoices).optional(),
  paused: z.boolean().optional(),
});
export type CaptureRequest = z.infer<typeof captureRequestSchema>;

/** A time in which the feed could not be read, or records were dropped. */
export const gapSchema = z.object({
  from: z.number(),
  /** Null while it lasts. */
  to: z.number().nullable(),
  why: z.enum(['disconnected', 'dropped', 'paused', 'source']),
  /** Records known to be missing; null where that cannot be known. */
  records: z.int().nullable(),
});
export type Gap = z.infer<typeof gapSchema>;

/** What a capture has beside what every job has. */
export const captureFields = {
  kind: z.literal('capture'),
  /** Without credentials. */
  feed: feedSchema,
  rotation: rotationSchema,
  compression: z.enum(captureCompressions),
  queue: queueBoundsSchema,
  whenFull: z.enum(whenFullChoices),
  /** Not there in captures of earlier versions: `fail`. */
  whenDiskFull: z.enum(whenFullChoices).optional(),
  /** Records written. */
  rows: z.int().min(0),
  dropped: z.int().min(0),
  files: z.int().min(0),
};

/** What the details panel shows of a capture beside what it shows of every job. */
export const captureDetailFields = {
  kind: z.literal('capture'),
  connected: z.boolean(),
  /** True while records wait because the disk is full. */
  diskFull: z.boolean(),
  /** The last records, newest last, at most 50, each cut to a few hundred characters. */
  last: z.array(z.object({ at: z.number(), text: z.string() })),
  gaps: z.array(gapSchema),
  rowRates: z.array(z.number()),
  /** The newest, at most 100. */
  files: z.array(z.object({ name: z.string(), rows: z.int(), bytes: z.int() })),
  /** The queue's fill, in its own bounds. */
  depth: z.object({ records: z.int(), bytes: z.int() }),
};
