/** Shares: what Sluice serves over HTTP while it is on. */
import * as z from 'zod';

const bytes = z.int().min(0);

export const audiences = ['this-computer', 'network'] as const;
export type Audience = (typeof audiences)[number];

/** What is served. */
export const shareTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), path: z.string().min(1).max(4096) }),
  z.object({
    kind: z.literal('folder'),
    path: z.string().min(1).max(4096),
    /** Files whose names begin with a dot. */
    hidden: z.boolean(),
    uploads: z.boolean(),
    /** Bytes that uploads may fill in all; null: until 1 GiB is left on the disk. */
    uploadQuota: z.int().min(0).nullable(),
  }),
  z.object({
    kind: z.literal('remote'),
    url: z.string().min(1).max(16_384),
    headers: z.record(z.string(), z.string()).optional(),
    /** Bytes of blocks that may be kept on disk; 0: none. */
    cache: z.int().min(0),
  }),
  z.object({
    kind: z.literal('query'),
    connection: z.string().max(100),
    sql: z.string().min(1).max(1_000_000),
    /** Names of $1, $2 … in the link (?name=value), with what holds where one is left out; null: it has to be there. */
    parameters: z.array(z.object({ name: z.string().min(1).max(100), value: z.string().nullable() })).max(100),
  }),
  z.object({ kind: z.literal('job'), job: z.string().max(100) }),
  z.object({ kind: z.literal('feed'), job: z.string().max(100) }),
]);
export type ShareTarget = z.infer<typeof shareTargetSchema>;
export type ShareKind = ShareTarget['kind'];

/** What a person decides for a share, whatever it serves. */
export const shareOptionsSchema = z.object({
  name: z.string().min(1).max(200),
  audience: z.enum(audiences),
  /** Ms since the epoch; null: until it is revoked. */
  expiresAt: z.number().min(0).nullable(),
  /** Whole deliveries that are left; null: any number. A delivery counts when all of its bytes were sent once. */
  deliveries: z.int().min(0).nullable(),
  /** Bytes per second over all readers; null: no limit. */
  limit: z.int().min(1).nullable(),
  /** Shown in the browser, or saved. */
  disposition: z.enum(['inline', 'attachment']),
});
export type ShareOptions = z.infer<typeof shareOptionsSchema>;

export const shareRequestSchema = z.object({
  target: shareTargetSchema,
  options: shareOptionsSchema.partial(),
  /** Asked of every reader; kept only as a hash. */
  password: z.string().min(1).max(1024).optional(),
});
export type ShareRequest = z.infer<typeof shareRequestSchema>;

export const shareStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('on') }),
  z.object({ kind: z.literal('expired'), at: z.number() }),
  /** What it serves is not there (any more), e.g. a file that was moved. */
  z.object({ kind: z.literal('broken'), message: z.string() }),
]);

export const shareSchema = z.object({
  id: z.string(),
  target: shareTargetSchema,
  ...shareOptionsSchema.shape,
  hasPassword: z.boolean(),
  createdAt: z.number(),
  state: shareStateSchema,
  /** The links it can be reached by, the likeliest first. They are secrets: shown, never logged. */
  links: z.array(z.string()),
  /** Bytes of the whole; null where there is no end or it is not known. */
  size: bytes.nullable(),
  readers: z.int().min(0),
  /** Bytes per second over all readers. */
  rate: z.number().min(0),
  /** Bytes sent since it was made. */
  sent: bytes,
});
export type Share = z.infer<typeof shareSchema>;

/** Somebody who reads a share now. */
export const readerSchema = z.object({
  id: z.int(),
  address: z.string(),
  /** The program, as it calls itself. */
  agent: z.string(),
  /** Path inside the share. */
  path: z.string(),
  since: z.number(),
  sent: bytes,
  rate: z.number().min(0),
  /** The range being sent, [start, end); null for what has no size. */
  range: z.tuple([bytes, bytes]).nullable(),
  /** Bytes that were handed to its connection and wait for it to take them. */
  queued: bytes,
  /** Share of the last seconds, 0 to 1, that the flow waited for each side. */
  waited: z.object({ source: z.number(), reader: z.number(), limit: z.number() }),
});
export type Reader = z.infer<typeof readerSchema>;

export const accessSchema = z.object({
  at: z.number(),
  address: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  /** Bytes that went out; of an answer that broke off without its last portion, of which nobody knows how much did. */
  sent: bytes,
  /** Ms. */
  took: z.number(),
  /** Of refused requests that are told as one: how many there were; the rest is of the last. */
  times: z.int().min(1).optional(),
});
export type Access = z.infer<typeof accessSchema>;

/** Everything the details of a share show, twice a second while they are open. */
export const shareDetailSchema = z.object({
  id: z.string(),
  readers: z.array(readerSchema),
  /** Answers and refusals, the newest last, at most 200. */
  log: z.array(accessSchema),
  /** Bytes per second, one value a second, oldest first, at most 120. */
  rates: z.array(z.number()),
  /** Buffers in use over all readers, and the most there may be, in bytes. */
  queue: z.object({ used: bytes, size: bytes }),
});
export type ShareDetail = z.infer<typeof shareDetailSchema>;

/** How this computer can be reached by others. */
export const networkSchema = z.object({
  /** Addresses of this computer in its networks. */
  addresses: z.array(z.object({ address: z.string(), interface: z.string() })),
  /** The port that shares are served on; null while there is none. */
  port: z.int().nullable(),
  /** True where shares on the network are served over TLS with a certificate of Sluice's own. */
  https: z.boolean(),
  /** SHA-256 of that certificate; null where there is none. */
  fingerprint: z.string().nullable(),
});
export type NetworkInfo = z.infer<typeof networkSchema>;
