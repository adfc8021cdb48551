/** Downloads as a person asks for them, and what is said of them before they begin. */
import * as z from 'zod';
import { failureSchema, identitySchema, priorities, resumabilities } from './job.ts';

/** One download as a person asks for it. Texts are checked by the engine, so that each gets its own sentence. */
export const downloadRequestSchema = z.object({
  url: z.string().min(1).max(16_384),
  /** Absolute path; left out: the folder of the settings. */
  folder: z.string().max(4096).optional(),
  /** File name; left out: from the server or the link. */
  name: z.string().max(1024).optional(),
  connections: z.int().min(1).max(16).nullable().optional(),
  /** Bytes per second. */
  limit: z.int().min(1).nullable().optional(),
  /**
   * “sha-256:hex”, or bare hex whose length tells the algorithm, or “auto”: from a file beside the link
   * (LINK.sha256 and the like). What the server tells in its response is used in any case.
   */
  checksum: z.string().max(300).optional(),
  /** Other links to the same file; used only where a checksum proves what they give. */
  mirrors: z.array(z.string().max(16_384)).max(32).optional(),
  priority: z.enum(priorities).optional(),
  /** Not before this time, ms since the epoch. */
  startAt: z.number().min(0).nullable().optional(),
  /** Extra request header fields, e.g. Referer. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Left out: starts as soon as the queue allows. */
  paused: z.boolean().optional(),
});
export type DownloadRequest = z.infer<typeof downloadRequestSchema>;

export const addResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), id: z.string() }),
  z.object({ ok: z.literal(false), failure: failureSchema }),
]);
export type AddResult = z.infer<typeof addResultSchema>;

export const probeResultSchema = z.object({
  name: z.string(),
  size: z.int().min(0).nullable(),
  resumability: z.enum(resumabilities),
  /** Host that answered in the end, after redirects. */
  host: z.string(),
  identity: identitySchema,
});
export type ProbeResult = z.infer<typeof probeResultSchema>;
