/**
 * The one contract between the engine's process and its faces. oRPC carries it over a MessagePort (desktop window),
 * a WebSocket (browser on the headless host) and HTTP with an OpenAPI description (scripts).
 * The renderer imports types from here, never values: schemas run only where untrusted input arrives.
 */
import { eventIterator, oc } from '@orpc/contract';
import * as z from 'zod';
import { captureRequestSchema } from './capture.ts';
import {
  catalogSchema,
  completionSchema,
  connectionDraftSchema,
  connectionProfileSchema,
  connectionReportSchema,
  descriptionSchema,
  estimateSchema,
  exportSourceSchema,
  importableSchema,
  previewSchema,
  relationDetailSchema,
} from './database.ts';
import { compressions, exportFormatSchema, exportRequestSchema } from './export.ts';
import { addResultSchema, downloadRequestSchema, probeResultSchema } from './download.ts';
import { attentionChoices, failureSchema, jobDetailSchema, jobSchema, priorities } from './job.ts';
import { jobsEventSchema } from './jobs-event.ts';
import { settingsSchema } from './settings.ts';
import { networkSchema, shareDetailSchema, shareOptionsSchema, shareRequestSchema, shareSchema } from './share.ts';
import { folderInfoSchema, systemInfoSchema } from './system.ts';

/** Expected failures cross as this one error; `data` is the failure with its code, message, params and retryable. */
const base = oc.errors({ FAILURE: { status: 422, message: 'Failure', data: failureSchema } });

const ids = z.object({ ids: z.array(z.string()).min(1).max(100_000) });

/** Which connection, and what of it. */
const reading = z.object({ connection: z.string(), source: exportSourceSchema });

export const contract = {
  jobs: {
    add: base
      .route({ method: 'POST', path: '/jobs', summary: 'Add downloads; each line gets its own result' })
      .input(z.object({ downloads: z.array(downloadRequestSchema).min(1).max(10_000) }))
      .output(z.array(addResultSchema)),
    list: base.route({ method: 'GET', path: '/jobs', summary: 'All jobs in queue order' }).output(z.array(jobSchema)),
    get: base
      .route({ method: 'GET', path: '/jobs/{id}', summary: 'One job' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    watch: base
      .route({ method: 'GET', path: '/events/jobs', summary: 'A snapshot, then changes as they come (SSE)' })
      .output(eventIterator(jobsEventSchema)),
    detail: base
      .route({ method: 'GET', path: '/events/jobs/{id}', summary: 'One job in detail, twice a second (SSE)' })
      .input(z.object({ id: z.string() }))
      .output(eventIterator(jobDetailSchema)),
    pause: base.route({ method: 'POST', path: '/jobs/pause' }).input(ids).output(z.void()),
    resume: base.route({ method: 'POST', path: '/jobs/resume' }).input(ids).output(z.void()),
    /** Ends captures: what was read is written, their files are finished, and they count as completed. */
    finish: base.route({ method: 'POST', path: '/jobs/finish' }).input(ids).output(z.void()),
    /** Stops for good; the part file goes, the row stays until removed. */
    cancel: base.route({ method: 'POST', path: '/jobs/cancel' }).input(ids).output(z.void()),
    retry: base.route({ method: 'POST', path: '/jobs/retry' }).input(ids).output(z.void()),
    remove: base
      .route({ method: 'POST', path: '/jobs/remove', summary: 'Take jobs off the list, with or without their files' })
      .input(ids.extend({ deleteFile: z.boolean() }))
      .output(z.void()),
    /** Puts the jobs, in the order given, before another one, or at the end where `before` is null. */
    reorder: base
      .route({ method: 'POST', path: '/jobs/reorder' })
      .input(ids.extend({ before: z.string().nullable() }))
      .output(z.void()),
    setLimit: base
      .route({ method: 'POST', path: '/jobs/{id}/limit', summary: 'Limit one job, in bytes per second' })
      .input(z.object({ id: z.string(), limit: z.int().min(1).nullable() }))
      .output(z.void()),
    setConnections: base
      .route({ method: 'POST', path: '/jobs/{id}/connections' })
      .input(z.object({ id: z.string(), connections: z.int().min(1).max(16).nullable() }))
      .output(z.void()),
    /** What the person decides for a job in the state “attention”. */
    decide: base
      .route({ method: 'POST', path: '/jobs/{id}/decide' })
      .input(
        z.object({
          id: z.string(),
          choice: z.enum(attentionChoices),
          /** With `change-folder`. */
          folder: z.string().max(4096).optional(),
          /** With `new-link`. */
          url: z.string().max(16_384).optional(),
          /** With `login`. */
          username: z.string().max(1024).optional(),
          password: z.string().max(4096).optional(),
        }),
      )
      .output(z.void()),
    setPriority: base
      .route({ method: 'POST', path: '/jobs/priority' })
      .input(ids.extend({ priority: z.enum(priorities) }))
      .output(z.void()),
    /** Puts off jobs that have not ended to a time, or (null) lets them start as soon as the queue allows. */
    setStartAt: base
      .route({ method: 'POST', path: '/jobs/start-at' })
      .input(ids.extend({ startAt: z.number().min(0).nullable() }))
      .output(z.void()),
    /** Opens the finished file with the program the system has for it. */
    open: base
      .route({ method: 'POST', path: '/jobs/{id}/open' })
      .input(z.object({ id: z.string() }))
      .output(z.void()),
    /** Shows the file in its folder. */
    reveal: base
      .route({ method: 'POST', path: '/jobs/{id}/reveal' })
      .input(z.object({ id: z.string() }))
      .output(z.void()),
    /** Opens the job's link in the person's browser; for a page that wants a person (a login, a captive portal). */
    openLink: base
      .route({ method: 'POST', path: '/jobs/{id}/open-link' })
      .input(z.object({ id: z.string() }))
      .output(z.void()),
  },
  connections: {
    list: base.route({ method: 'GET', path: '/connections' }).output(z.array(connectionProfileSchema)),
    /** All connections, whole, at once and whenever one of them was added, changed or removed. */
    watch: base
      .route({ method: 'GET', path: '/events/connections' })
      .output(eventIterator(z.array(connectionProfileSchema))),
    /** Adds a connection, or changes the one with the draft's id. */
    save: base
      .route({ method: 'POST', path: '/connections' })
      .input(connectionDraftSchema)
      .output(connectionProfileSchema),
    remove: base
      .route({ method: 'POST', path: '/connections/{id}/remove' })
      .input(z.object({ id: z.string() }))
      .output(z.void()),
    /** Reads a connection URI or a keyword/value string (PostgreSQL manual, 34.1.1); saves nothing. */
    parse: base
      .route({ method: 'POST', path: '/connections/parse' })
      .input(z.object({ text: z.string().min(1).max(16_384) }))
      .output(connectionDraftSchema),
    /** What this computer knows already: services, .pgpass, PG* variables. Without their passwords. */
    importable: base.route({ method: 'GET', path: '/connections/importable' }).output(z.array(importableSchema)),
    /** Connects as the draft says; the failure names the step that failed. Saves nothing. */
    test: base
      .route({ method: 'POST', path: '/connections/test' })
      .input(connectionDraftSchema)
      .output(connectionReportSchema),
    /** The sample database, started where it does not run: a server of its own with generated rows. */
    sample: base.route({ method: 'POST', path: '/connections/sample' }).output(connectionProfileSchema),
    catalog: base
      .route({ method: 'GET', path: '/connections/{id}/catalog', summary: 'Schemas and what is in them' })
      .input(z.object({ id: z.string() }))
      .output(catalogSchema),
    relation: base
      .route({ method: 'GET', path: '/connections/{id}/relation', summary: 'Columns and key of one relation' })
      .input(z.object({ id: z.string(), schema: z.string(), name: z.string() }))
      .output(relationDetailSchema),
    completion: base
      .route({ method: 'GET', path: '/connections/{id}/completion' })
      .input(z.object({ id: z.string() }))
      .output(completionSchema),
    /** Types of a query's columns and parameters; an SQL error carries its position. Runs nothing. */
    describe: base
      .route({ method: 'POST', path: '/describe' })
      .input(z.object({ connection: z.string(), sql: z.string().min(1).max(1_000_000) }))
      .output(descriptionSchema),
    /** The first fifty rows. Going away cancels it on the server. */
    preview: base.route({ method: 'POST', path: '/preview' }).input(reading).output(previewSchema),
    estimate: base.route({ method: 'POST', path: '/estimate' }).input(reading).output(estimateSchema),
    /** The exact number of rows. Going away cancels it on the server. */
    count: base
      .route({ method: 'POST', path: '/count' })
      .input(reading)
      .output(z.object({ rows: z.number() })),
  },
  exports: {
    add: base
      .route({ method: 'POST', path: '/exports', summary: 'Export a query or tables to files' })
      .input(exportRequestSchema)
      .output(z.object({ id: z.string() })),
    /** The first lines as a format would write them. Binary formats give an empty text. */
    sample: base
      .route({ method: 'POST', path: '/exports/sample' })
      .input(reading.extend({ format: exportFormatSchema, timeZone: z.string().max(100).optional() }))
      .output(z.object({ text: z.string() })),
    /** The file name that an export gets when none is given. */
    name: base
      .route({ method: 'POST', path: '/exports/name' })
      .input(z.object({ source: exportSourceSchema, format: exportFormatSchema, compression: z.enum(compressions) }))
      .output(z.object({ name: z.string() })),
  },
  captures: {
    add: base
      .route({ method: 'POST', path: '/captures', summary: 'Capture a feed into rotating files' })
      .input(captureRequestSchema)
      .output(z.object({ id: z.string() })),
  },
  shares: {
    list: base.route({ method: 'GET', path: '/shares' }).output(z.array(shareSchema)),
    /** All shares, whole, at once and whenever something of them changed; at most 4 times a second. */
    watch: base.route({ method: 'GET', path: '/events/shares' }).output(eventIterator(z.array(shareSchema))),
    detail: base
      .route({ method: 'GET', path: '/events/shares/{id}' })
      .input(z.object({ id: z.string() }))
      .output(eventIterator(shareDetailSchema)),
    add: base.route({ method: 'POST', path: '/shares' }).input(shareRequestSchema).output(shareSchema),
    change: base
      .route({ method: 'PATCH', path: '/shares/{id}' })
      .input(
        z.object({
          id: z.string(),
          options: shareOptionsSchema.partial(),
          /** Null: none any more. */
          password: z.string().min(1).max(1024).nullable().optional(),
        }),
      )
      .output(shareSchema),
    /** Ends it at once, with the transfers that run; the link is never valid again. */
    revoke: base
      .route({ method: 'POST', path: '/shares/revoke' })
      .input(z.object({ ids: z.array(z.string()).min(1).max(1000) }))
      .output(z.void()),
    network: base.route({ method: 'GET', path: '/shares/network' }).output(networkSchema),
  },
  remote: {
    probe: base
      .route({ method: 'POST', path: '/probe', summary: 'Ask what a link leads to, fetching nothing' })
      .input(downloadRequestSchema.pick({ url: true, headers: true }))
      .output(probeResultSchema),
  },
  folders: {
    info: base
      .route({ method: 'GET', path: '/folder', summary: 'Free space; fails where Sluice may not write' })
      .input(z.object({ path: z.string() }))
      .output(folderInfoSchema),
    /** Asks the person with the system's dialog; null where it was dismissed. Only where `can.chooseFolder`. */
    choose: base
      .route({ method: 'POST', path: '/folder/choose' })
      .input(z.object({ from: z.string().optional() }))
      .output(z.string().nullable()),
  },
  files: {
    /** Asks the person for a file that is there; else like `folders.choose`. */
    choose: base
      .route({ method: 'POST', path: '/file/choose' })
      .input(z.object({ from: z.string().optional() }))
      .output(z.string().nullable()),
  },
  settings: {
    get: base.route({ method: 'GET', path: '/settings' }).output(settingsSchema),
    set: base.route({ method: 'PATCH', path: '/settings' }).input(settingsSchema.partial()).output(settingsSchema),
  },
  system: {
    info: base.route({ method: 'GET', path: '/system' }).output(systemInfoSchema),
    /** The link of the built-in sample remote: generated bytes on loopback. Started when first asked for. */
    sample: base
      .route({ method: 'POST', path: '/system/sample' })
      .input(
        z.object({
          /** Bytes. */
          size: z
            .int()
            .min(0)
            .max(2 ** 40),
          /** Bytes per second over all connections; null: as fast as it goes. */
          rate: z.int().min(1).nullable(),
        }),
      )
      .output(z.object({ url: z.string(), sha256: z.string().nullable() })),
    /** The link of the built-in sample feed: server-sent events without end, on loopback. Started when first asked for. */
    sampleFeed: base.route({ method: 'POST', path: '/system/sample-feed' }).output(z.object({ url: z.string() })),
    /** Ends this instance safely: jobs are journalled and go on at the next start. */
    quit: base.route({ method: 'POST', path: '/system/quit' }).output(z.void()),
  },
};
