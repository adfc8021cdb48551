import type { DownloadRequest } from '../../../shared/download.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';
import type { Priority } from '../../../shared/job.ts';
import { parseLocalTime } from '../ui/local-time.ts';

/** The folded part of the add dialog, as typed. */
export interface Options {
  readonly folder: string;
  readonly name: string;
  readonly connections: number | null;
  readonly limit: string;
  readonly checksum: string;
  readonly headers: string;
  /** Other links to the same file, one a line. */
  readonly mirrors: string;
  readonly priority: Priority;
  /** As `<input type="datetime-local">` has it; empty: as soon as the queue allows. */
  readonly startAt: string;
  readonly paused: boolean;
}

export const noOptions: Options = {
  folder: '',
  name: '',
  connections: null,
  limit: '',
  checksum: '',
  headers: '',
  mirrors: '',
  priority: 'normal',
  startAt: '',
  paused: false,
};

/** “Name: value” lines as header fields; the first line that is none is what is wrong. */
export function parseHeaders(text: string): { headers: Record<string, string>; problem: Failure | null } {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).filter((line) => line.trim())) {
    // A field name is a token (RFC 9110 §5.6.2).
    const match = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*?)\s*$/.exec(line);
    if (!match?.[1]) {
      return {
        headers,
        problem: failure('bad-input', { detail: `“${line.trim()}” is not a header like “Name: value”.` }),
      };
    }
    headers[match[1]] = match[2] ?? '';
  }
  return { headers, problem: null };
}

/** Those lines as a request has them, if there are any; null where one of them is none. */
export function givenHeaders(text: string): { readonly headers?: Record<string, string> } | null {
  const { headers, problem } = parseHeaders(text);
  if (problem) return null;
  return Object.keys(headers).length > 0 ? { headers } : {};
}

/** What is wrong with the speed limit as typed. */
export function limitProblem(text: string): Failure | null {
  return text.trim() && parseRate(text) === null ? failure('bad-rate', { text: text.trim() }) : null;
}

/** What the options add to each request. A name and a checksum only make sense for a single file. */
export function applyOptions(request: DownloadRequest, options: Options, single: boolean): DownloadRequest {
  const limit = parseRate(options.limit);
  const headers = { ...parseHeaders(options.headers).headers, ...request.headers };
  const mirrors = options.mirrors.split(/\s+/).filter(Boolean);
  const startAt = parseLocalTime(options.startAt);
  return {
    ...request,
    ...(options.folder.trim() && { folder: options.folder.trim() }),
    ...(single && options.name.trim() && { name: options.name.trim() }),
    ...(options.connections !== null && { connections: options.connections }),
    ...(limit !== null && { limit }),
    ...(single && options.checksum.trim() && { checksum: options.checksum.trim() }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(single && mirrors.length > 0 && { mirrors }),
    ...(options.priority !== 'normal' && { priority: options.priority }),
    ...(startAt !== null && { startAt }),
    ...(options.paused && { paused: true }),
  };
}
