/** From the words of `sluice get` to download requests, and to the unfinished job that one of them means. */
import { resolve } from 'node:path';
import type { DownloadRequest } from '../../shared/download.ts';
import { SluiceError } from '../../shared/failure.ts';
import { parseRate } from '../../shared/format.ts';
import type { DownloadJob, Job, Priority } from '../../shared/job.ts';
import { unwrapSluiceLink } from '../app/index.ts';
import { parseStartAt } from './time-words.ts';

export interface GetFlags {
  readonly output?: string;
  readonly name?: string;
  readonly connections?: string;
  readonly limit?: string;
  readonly checksum?: string;
  readonly header?: readonly string[];
  readonly mirror?: readonly string[];
  readonly startAt?: string;
  readonly priority?: Priority;
}

/** The checksum that is looked for beside the link. */
const auto = 'auto';

/** Throws the failure of the first flag that cannot be read; links and checksums are the engine's to judge. */
export function toRequests(urls: readonly string[], flags: GetFlags, cwd: string, now = Date.now()): DownloadRequest[] {
  const forOne = [
    ...(flags.name === undefined ? [] : ['--name']),
    ...(flags.checksum === undefined || flags.checksum === auto ? [] : ['--checksum']),
    ...(flags.mirror === undefined ? [] : ['--mirror']),
  ];
  if (urls.length > 1 && forOne[0] !== undefined) {
    throw new SluiceError('bad-input', { detail: `${forOne[0]} is for one link, and there are ${urls.length}.` });
  }
  const common = {
    folder: resolve(cwd, flags.output ?? '.'),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.checksum === undefined ? {} : { checksum: flags.checksum }),
    ...(flags.connections === undefined ? {} : { connections: toConnections(flags.connections) }),
    ...(flags.limit === undefined ? {} : { limit: toRate(flags.limit) }),
    ...(flags.mirror === undefined ? {} : { mirrors: [...flags.mirror] }),
    ...(flags.startAt === undefined ? {} : { startAt: parseStartAt(flags.startAt, now) }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.header === undefined ? {} : { headers: toHeaders(flags.header) }),
  };
  return [...new Set(urls.map(unwrapSluiceLink))].map((url) => ({ url, ...common }));
}

function toConnections(text: string): number {
  const n = Number(text);
  if (/^\d{1,2}$/.test(text) && n >= 1 && n <= 16) return n;
  throw new SluiceError('bad-input', { detail: `“${text}” is not a number of connections from 1 to 16.` });
}

function toRate(text: string): number {
  const rate = parseRate(text);
  if (rate === null) throw new SluiceError('bad-rate', { text });
  return rate;
}

/** Header fields as they are typed, “NAME: VALUE”. Throws `bad-input`. */
export function toHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^\s:]+):\s*(.*)$/s.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new SluiceError('bad-input', { detail: '--header needs a name and a value, like “Referer: https://…”.' });
      }
      return [name, value];
    }),
  );
}

/**
 * The unfinished job that this request would repeat: same link, same folder, and no other name or checksum asked for.
 * `get` goes on with it, so that the same command typed again finishes what it began.
 */
export function findUnfinished(request: DownloadRequest, jobs: readonly Job[]): DownloadJob | undefined {
  const wanted = comparable(request.url);
  return jobs.find(
    (job): job is DownloadJob =>
      job.kind === 'download' &&
      job.state.kind !== 'completed' &&
      job.state.kind !== 'cancelled' &&
      job.folder === request.folder &&
      comparable(job.url) === wanted &&
      (request.name === undefined || request.name === job.name) &&
      (request.checksum === undefined ||
        request.checksum === auto ||
        (job.checksum !== null && request.checksum.endsWith(job.checksum.value))),
  );
}

/** A job's link is kept without credentials, and a fragment is never sent. */
function comparable(text: string): string {
  const url = URL.parse(text);
  if (!url) return text;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}
