/** What a person sets for all jobs. */
import * as z from 'zod';

export const themes = ['system', 'light', 'dark'] as const;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
/** A time of the week with a rule of its own. Of several that hold, the first in the list counts. */
export const timeWindowSchema = z.object({
  /** 0 is Sunday. */
  days: z.array(z.int().min(0).max(6)).min(1).max(7),
  /** Local time, “22:30”. A window that ends before it begins goes on past midnight. */
  from: clockTime,
  to: clockTime,
  /** Bytes per second over all jobs; null: no limit; 0: nothing runs. */
  limit: z.int().min(0).nullable(),
});
export type TimeWindow = z.infer<typeof timeWindowSchema>;

/** What to do once when the last job that can run has ended. Desktop only, but for `quit`. */
export const whenDoneChoices = ['nothing', 'quit', 'sleep', 'shut-down'] as const;
export const settingsSchema = z.object({
  /** Where files go unless the person says otherwise. */
  folder: z.string(),
  /** Jobs that run at the same time. */
  maxActive: z.int().min(1).max(100),
  /** Connections per job; null: Sluice adapts. */
  connections: z.int().min(1).max(16).nullable(),
  /** Bytes per second over all jobs; null: no limit. */
  limit: z.int().min(1).nullable(),
  theme: z.enum(themes),
  notifications: z.boolean(),
  /** Limits by host name, bytes per second over all jobs. */
  hostLimits: z.record(z.string().min(1).max(253), z.int().min(1)),
  schedule: z.array(timeWindowSchema).max(20),
  /** Shares on the network are served over TLS with a certificate of Sluice's own. */
  shareHttps: z.boolean(),
  /** Falls back to `nothing` once it was done, and at each start. */
  whenDone: z.enum(whenDoneChoices),
});
export type Settings = z.infer<typeof settingsSchema>;
