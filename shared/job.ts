/**
 * Jobs and their states: the vocabulary that the engine, the contract and every face share.
 * Types are derived from the schemas, so that what is checked at the edge is what is typed inside.
 */
import * as z from 'zod';
import { captureDetailFields, captureFields } from './capture.ts';
import { exportDetailFields, exportFields } from './export.ts';
import { failureCodes, type FailureCode } from './failure.ts';

const bytes = z.int().min(0);
const epochMs = z.number().min(0);

export const failureSchema = z.object({
  code: z.enum(failureCodes as [FailureCode, ...FailureCode[]]),
  message: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  retryable: z.boolean(),
});

/** The checksum algorithms a person may give, by their RFC 9530 / IANA names. */
export const checksumAlgorithms = ['sha-256', 'sha-512', 'sha-1', 'md5'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

export const checksumSchema = z.object({
  algorithm: z.enum(checksumAlgorithms),
  /** Lower-case hexadecimal. */
  value: z.string().regex(/^[0-9a-f]+$/),
});
export type Checksum = z.infer<typeof checksumSchema>;

/** Why a job waits before it goes on by itself. */
export const waitReasons = ['retry', 'retry-after', 'offline', 'start-at', 'schedule'] as const;
/** What a person can decide when a job needs attention. */
export const attentionChoices = [
  'retry',
  'start-over',
  'change-folder',
  'open-link',
  'keep',
  /** Go on with another link, once it is proven to lead to the same file. */
  'new-link',
  /** Give a user name and a password. */
  'login',
  /** Accept the certificate that was shown, for this host. */
  'trust',
  /** Go on over plain http where the host redirects from https, for this download. */
  'allow-http',
] as const;
export type AttentionChoice = (typeof attentionChoices)[number];

/**
 * How far a finished file was proven: by a checksum; by the promised size, all of it of one version; or not at all: the size
 * was unknown, or nothing but a few equal bytes says that its parts are of one version.
 */
export const proofs = ['checksum', 'size', 'unverified'] as const;
export type Proof = (typeof proofs)[number];

export const jobStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queued') }),
  z.object({ kind: z.literal('starting') }),
  z.object({ kind: z.literal('running') }),
  z.object({
    kind: z.literal('pausing'),
    /** What follows when it has stopped, e.g. where the schedule stops it; missing: it is paused. */
    next: z.enum(['queued', 'cancelled']).optional(),
  }),
  z.object({ kind: z.literal('paused') }),
  z.object({
    kind: z.literal('waiting'),
    reason: z.enum(waitReasons),
    /** When it goes on, in ms since the epoch. */
    until: epochMs,
    /** Which try comes next, from 1. */
    attempt: z.int().min(1),
    /** What it waits after; missing where it waits for a time that the person chose. */
    failure: failureSchema.optional(),
  }),
  z.object({ kind: z.literal('verifying') }),
  z.object({ kind: z.literal('completed'), at: epochMs, proof: z.enum(proofs) }),
  z.object({ kind: z.literal('attention'), failure: failureSchema, choices: z.array(z.enum(attentionChoices)) }),
  z.object({ kind: z.literal('failed'), failure: failureSchema }),
  z.object({ kind: z.literal('cancelled') }),
]);
export type JobState = z.infer<typeof jobStateSchema>;
export type JobStateKind = JobState['kind'];

export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** Half-open byte ranges [start, end) in ascending order, never touching. */
export const rangesSchema = z.array(z.tuple([bytes, bytes]));
export type Ranges = z.infer<typeof rangesSchema>;

/** Why a download can, or cannot, go on where it stopped. A stable code; faces have the words. */
export const resumabilities = [
  'strong-etag',
  'last-modified',
  'size-only',
  'no-ranges',
  'size-unknown',
  'encoded',
  'unknown',
] as const;
export type Resumability = (typeof resumabilities)[number];

/** What every job has, whatever its kind. */
const jobFields = {
  id: z.string(),
  /** The name of the file, of the folder of an export of several tables, or what a capture's files begin with. */
  name: z.string(),
  folder: z.string(),
  state: jobStateSchema,
  /** Total bytes; null while or where it is not known. */
  size: bytes.nullable(),
  /** Bytes written. */
  done: bytes,
  /** Order in the queue: lower goes first. */
  position: z.number(),
  createdAt: epochMs,
  /** Bytes per second; null where the job has no limit of its own. */
  limit: z.int().min(1).nullable(),
  /** Jobs of a higher priority start first, whatever their position. */
  priority: z.enum(priorities),
  /** Not before this time, ms since the epoch; null: as soon as the queue allows. */
  startAt: epochMs.nullable(),
};

export const downloadJobSchema = z.object({
  ...jobFields,
  kind: z.literal('download'),
  /** The link as given, without credentials. */
  url: z.string(),
  host: z.string(),
  /** What `done` is made of. At most 64 ranges: the smallest gaps are closed for show. */
  ranges: rangesSchema,
  resumability: z.enum(resumabilities),
  /** Connections asked for; null where Sluice adapts. */
  connections: z.int().min(1).max(16).nullable(),
  checksum: checksumSchema.nullable(),
  /** Other links that take part, without credentials. */
  mirrors: z.array(z.string()),
});
export type DownloadJob = z.infer<typeof downloadJobSchema>;

export const exportJobSchema = z.object({ ...jobFields, ...exportFields });
export type ExportJob = z.infer<typeof exportJobSchema>;

export const captureJobSchema = z.object({ ...jobFields, ...captureFields });
export type CaptureJob = z.infer<typeof captureJobSchema>;

/** A download's name is the file's final name; until the first answer of the server, the best guess from the link. */
export const jobSchema = z.discriminatedUnion('kind', [downloadJobSchema, exportJobSchema, captureJobSchema]);
export type Job = z.infer<typeof jobSchema>;
export type JobKind = Job['kind'];

/** What holds a flow back. */
export const bottlenecks = ['source', 'processing', 'disk', 'limit', 'none'] as const;
export type Bottleneck = (typeof bottlenecks)[number];

/** The fast-changing figures of an active job, sampled 4 times a second. */
export const meterSchema = z.object({
  id: z.string(),
  done: bytes,
  /** Bytes per second over the last few seconds. */
  rate: z.number().min(0),
  /** Seconds to go; null where it cannot be said honestly. */
  eta: z.number().min(0).nullable(),
  /** Connections that are receiving. */
  active: z.int().min(0),
  bottleneck: z.enum(bottlenecks),
  /** Of a download; else empty. */
  ranges: rangesSchema,
  /** Bytes hashed so far while verifying, else null. */
  verified: bytes.nullable(),
  /** Rows (of a capture: records) written; null for a download. */
  rows: z.int().min(0).nullable(),
  /** Rows per second over the last few seconds; null for a download. */
  rowRate: z.number().min(0).nullable(),
  /** Records of a capture that were dropped because its queue was full, else null. */
  dropped: z.int().min(0).nullable(),
});
export type Meter = z.infer<typeof meterSchema>;

/** One connection of a running download. */
export const connectionSchema = z.object({
  id: z.int(),
  state: z.enum(['connecting', 'receiving', 'waiting', 'limited', 'blocked']),
  /** The lease [start, end) and the next byte it writes; end is null where the size is unknown. */
  start: bytes,
  end: bytes.nullable(),
  at: bytes,
  rate: z.number().min(0),
  /** Address the socket is connected to. */
  remote: z.string(),
});
export type ConnectionInfo = z.infer<typeof connectionSchema>;

export const activitySchema = z.object({
  at: epochMs,
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});
export type Activity = z.infer<typeof activitySchema>;

/** What proves two responses to be the same representation (RFC 9110 §8.8). */
export const identitySchema = z.object({
  finalUrl: z.string(),
  size: bytes.nullable(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  contentType: z.string().nullable(),
  /** The content coding its bytes are in, as “gzip”; null for none. Missing where it was never looked at. */
  coding: z.string().nullable().optional(),
});
export type Identity = z.infer<typeof identitySchema>;

/** What the details panel shows of every job. */
const detailFields = {
  id: z.string(),
  activity: z.array(activitySchema),
  /** Bytes per second, one value a second, oldest first, at most 120. */
  rates: z.array(z.number()),
  /** The bounded queue between the source and the disk: buffers (of a capture: bytes) in use and their number. */
  queue: z.object({ used: z.int().min(0), size: z.int().min(0) }),
  /** Share of the last seconds, 0 to 1, that the flow waited for each side. */
  waited: z.object({ source: z.number(), processing: z.number(), disk: z.number(), limit: z.number() }),
  /** The unfinished file, or the finished one. */
  file: z.string(),
};

export const downloadDetailSchema = z.object({
  ...detailFields,
  kind: z.literal('download'),
  connections: z.array(connectionSchema),
  identity: identitySchema.nullable(),
  /** The request as sent, secrets redacted: header lines in order. */
  request: z.array(z.string()),
  /** The head of the response that began the download. */
  response: z.array(z.string()),
});
export const exportDetailSchema = z.object({ ...detailFields, ...exportDetailFields });
export const captureDetailSchema = z.object({ ...detailFields, ...captureDetailFields });

/** Everything the details panel shows, sampled while it is open. */
export const jobDetailSchema = z.discriminatedUnion('kind', [
  downloadDetailSchema,
  exportDetailSchema,
  captureDetailSchema,
]);
export type JobDetail = z.infer<typeof jobDetailSchema>;
export type DownloadJobDetail = z.infer<typeof downloadDetailSchema>;
export type ExportJobDetail = z.infer<typeof exportDetailSchema>;
export type CaptureJobDetail = z.infer<typeof captureDetailSchema>;

/** Sums over all jobs. */
export const totalsSchema = z.object({ rate: z.number().min(0), active: z.int().min(0) });
export type Totals = z.infer<typeof totalsSchema>;
