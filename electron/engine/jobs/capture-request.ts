/** What a person asks to capture, checked: each thing that is wrong has its own sentence, and nothing is kept of it. */
import { isAbsolute, resolve } from 'node:path';
import type { CaptureRequest, Feed } from '../../../shared/capture.ts';
import type { ConnectionProfile } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { safeFileName } from '../files/index.ts';
import type { NewJob } from './job-record.ts';
import { parseTarget } from './request.ts';
import type { Secrets } from './secrets.ts';

type NewCapture = Extract<NewJob, { kind: 'capture' }>;

/**
 * Checks all of a request.
 * @param profileOf throws unknown-connection
 * @param checkFolder throws where files cannot go
 * @throws not-a-url, unsupported-scheme, bad-input and what the two throw
 */
export function parseCapture(
  request: CaptureRequest,
  defaultFolder: string,
  checkFolder: (folder: string) => void,
  profileOf: (connection: string) => ConnectionProfile,
): { readonly job: NewCapture; readonly secrets: Secrets } {
  const { rotation, compression, queue, whenDiskFull = 'fail' } = request;
  if (rotation.bytes === null && rotation.seconds === null) {
    throw new SluiceError('bad-input', { detail: 'Say when a new file begins: at a size, at an age, or both.' });
  }
  const { feed, host, secrets } = parseFeed(request.feed, profileOf);
  // PostgreSQL cannot be held back, for all its sessions share one queue of notifications.
  const whenFull = feed.kind === 'listen' && request.whenFull === 'block' ? 'drop-oldest' : request.whenFull;
  const given = request.folder ?? defaultFolder;
  const folder = isAbsolute(given) ? resolve(given) : given;
  checkFolder(folder);
  const wished = request.name?.trim() ? request.name : defaultName(feed, host);
  const job: NewCapture = {
    kind: 'capture',
    plan: { feed, rotation, compression, queue, whenFull, whenDiskFull },
    host,
    name: safeFileName(wished),
    folder,
    limit: null,
    priority: 'normal',
    startAt: null,
    state: { kind: request.paused ? 'paused' : 'queued' },
  };
  return { job, secrets };
}

/** The feed without what may be secret of it. */
function parseFeed(
  feed: Feed,
  profileOf: (connection: string) => ConnectionProfile,
): { readonly feed: Feed; readonly host: string; readonly secrets: Secrets } {
  if (feed.kind === 'listen') {
    const { host } = profileOf(feed.connection);
    return { feed, host: host.startsWith('/') ? '' : host, secrets: {} };
  }
  // WebSocket links differ from web links by their scheme only.
  const isSocket = /^wss?:/i.test(feed.url);
  if (isSocket !== (feed.kind === 'websocket')) {
    throw new SluiceError('bad-input', {
      detail: feed.kind === 'websocket' ? 'A WebSocket link begins with ws:// or wss://.' : 'This link is a WebSocket.',
    });
  }
  const target = parseTarget({
    url: feed.url.replace(/^ws/i, 'http'),
    ...(feed.headers ? { headers: feed.headers } : {}),
  });
  const url = isSocket ? target.url.replace(/^http/, 'ws') : target.url;
  return { feed: { ...feed, url, headers: { ...target.headers } }, host: target.host, secrets: target.secrets };
}

function defaultName(feed: Feed, host: string): string {
  if (feed.kind === 'listen') return feed.channels[0] ?? 'notifications';
  const last = new URL(feed.url).pathname.split('/').findLast((part) => part !== '');
  return (last ?? host).replace(/\.(?:ndjson|jsonl?|txt|log)$/i, '') || 'capture';
}
