/** `sluice capture`: writes a feed into rotating files until Ctrl-C. */
import { resolve } from 'node:path';
import {
  type CaptureRequest,
  captureCompressions,
  type Feed,
  whenFullChoices,
  type WhenFull,
} from '../../shared/capture.ts';
import { formatBytes } from '../../shared/format.ts';
import { gapText } from '../../shared/gap-text.ts';
import type { CaptureJob, Job } from '../../shared/job.ts';
import type { Client } from '../app/index.ts';
import { bad } from './bad-input.ts';
import { watchCapture } from './capture-live.ts';
import { connectionOf } from './connections.ts';
import type { Context } from './context.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { follow } from './follow.ts';
import { toHeaders } from './get-request.ts';
import { createProgress } from './progress.ts';
import { ignoreSettled } from './run-jobs.ts';
import { openSession } from './session.ts';
import { parseCount, parseSize, parseSpan } from './size-words.ts';

export interface CaptureFlags {
  readonly output?: string;
  readonly name?: string;
  readonly sse?: boolean;
  readonly poll?: string;
  readonly changesOnly?: boolean;
  readonly channel?: readonly string[];
  readonly url?: string;
  readonly connection?: string;
  readonly header?: readonly string[];
  readonly rotateSize?: string;
  readonly rotateEvery?: string;
  readonly naming?: 'number' | 'date';
  readonly compression?: (typeof captureCompressions)[number];
  readonly queueRecords?: string;
  readonly queueSize?: string;
  readonly whenFull?: WhenFull;
  readonly whenDiskFull?: WhenFull;
  readonly show?: boolean;
}

export const captureChoices = { compressions: captureCompressions, whenFull: whenFullChoices } as const;

/** Ctrl-C finishes the files. */
export async function capture(link: string | undefined, flags: CaptureFlags, context: Context): Promise<number> {
  const { home, serve, interrupts, output, cwd } = context;
  const rest = toRequest(flags, cwd);
  const session = await openSession(home, serve, () => interrupts.trigger());
  try {
    const { client } = session;
    const { id } = await client.captures.add({ ...rest, feed: await toFeed(client, link, flags) });
    output.event({ event: 'added', id });
    output.note('Capturing; Ctrl-C finishes the files.');
    let last: CaptureJob | null = null;
    const settle = (job: CaptureJob | null): boolean => {
      const before = last;
      last = job;
      if (job && job.files !== before?.files) output.event({ event: 'files', id, files: job.files, rows: job.rows });
      return !job || ['completed', 'failed', 'attention', 'cancelled'].includes(job.state.kind);
    };
    const progress = createProgress(output, context.stderr);
    const note = (text: string) => {
      progress.hide();
      output.note(text);
    };
    const over = new AbortController();
    const watching = watchCapture(
      client,
      id,
      {
        gap(gap) {
          output.event({ event: 'gap', id, ...gap });
          note(`${new Date(gap.from).toLocaleTimeString('en-GB')} ${gapText(gap)}`);
        },
        diskFull(isFull) {
          output.event({ event: 'disk', id, full: isFull });
          note(isFull ? 'The disk is full. It goes on when there is room.' : 'The disk has room again.');
        },
        records(records) {
          if (flags.show) for (const { text } of records) note(text);
        },
      },
      over.signal,
    );
    const each = (_: string, job: Job | null) => settle(job?.kind === 'capture' ? job : null);
    try {
      await follow(client, [id], progress, each, interrupts.signal);
    } catch (error) {
      if (!interrupts.signal.aborted) throw error;
      await ignoreSettled(client.jobs.finish({ ids: [id] }));
      await follow(client, [id], progress, each);
    } finally {
      over.abort();
      await watching;
      progress.hide();
    }
    return end(last, context);
  } finally {
    await session.close();
  }
}

function end(job: CaptureJob | null, { output }: Context): number {
  if (!job) return exitCodes.failed;
  const { id, state, rows, files, dropped, folder, done } = job;
  if (state.kind === 'failed' || state.kind === 'attention') {
    const { code, message, params } = state.failure;
    output.event({ event: 'failed', id, code, message, params, rows, files });
    output.note(message);
    return state.kind === 'attention' ? exitCodes.attention : exitCodeOf(code);
  }
  output.event({ event: 'completed', id, folder, rows, files, dropped, size: done });
  output.result(folder);
  const lost = dropped > 0 ? `, ${dropped.toLocaleString('en')} dropped` : '';
  output.note(`${rows.toLocaleString('en')} records in ${files} files, ${formatBytes(done)}${lost}.`);
  return exitCodes.ok;
}

function toRequest(flags: CaptureFlags, cwd: string): Omit<CaptureRequest, 'feed'> {
  return {
    folder: resolve(cwd, flags.output ?? '.'),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    rotation: {
      bytes: flags.rotateSize === undefined ? 100_000_000 : parseSize(flags.rotateSize),
      seconds: flags.rotateEvery === undefined ? null : Math.max(1, Math.round(parseSpan(flags.rotateEvery))),
      naming: flags.naming ?? 'number',
    },
    compression: flags.compression ?? 'none',
    queue: {
      records: flags.queueRecords === undefined ? 10_000 : parseCount(flags.queueRecords, '--queue-records'),
      bytes: flags.queueSize === undefined ? 16_000_000 : parseSize(flags.queueSize),
    },
    whenFull: flags.whenFull ?? 'block',
    whenDiskFull: flags.whenDiskFull ?? 'block',
  };
}

async function toFeed(client: Client, link: string | undefined, flags: CaptureFlags): Promise<Feed> {
  if (flags.channel !== undefined) {
    if (link !== undefined) bad('--channel goes with --connection or --url, and no other link.');
    const { id: connection } = await connectionOf(client, flags);
    return { kind: 'listen', connection, channels: [...flags.channel] };
  }
  if (link === undefined) bad('Say what to capture: a link, or --channel of a database.');
  const web = { url: link, ...(flags.header === undefined ? {} : { headers: toHeaders(flags.header) }) };
  if (/^wss?:/i.test(link)) return { kind: 'websocket', ...web };
  if (flags.poll !== undefined) {
    return { kind: 'poll', ...web, interval: parseSpan(flags.poll), changesOnly: flags.changesOnly ?? false };
  }
  return { kind: flags.sse ? 'sse' : 'lines', ...web };
}
