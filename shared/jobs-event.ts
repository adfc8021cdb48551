/** The list of jobs as a stream: what a mirror follows. */
import * as z from 'zod';
import { jobSchema, meterSchema, totalsSchema } from './job.ts';
import { settingsSchema } from './settings.ts';

/** What the list's stream carries: a snapshot first, then changes with a revision that grows by one each. */
export const jobsEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    revision: z.int(),
    jobs: z.array(jobSchema),
    meters: z.array(meterSchema),
    totals: totalsSchema,
    settings: settingsSchema,
  }),
  z.object({
    type: z.literal('changes'),
    revision: z.int(),
    /** Jobs that were added or changed, whole. */
    jobs: z.array(jobSchema),
    removed: z.array(z.string()),
    /** Figures of active jobs; a job that is not here has not moved. */
    meters: z.array(meterSchema),
    totals: totalsSchema,
    /** There when they changed. */
    settings: settingsSchema.optional(),
  }),
]);
export type JobsEvent = z.infer<typeof jobsEventSchema>;
