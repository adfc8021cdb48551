import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/failure.ts';
import { defaultNetwork, field } from '../remote/index.ts';
import type { Feed, FeedContext } from './feed.ts';
import { openStream } from './open-stream.ts';
import { isJson, messageLine } from './record.ts';

/** What the last answer was. */
interface Seen {
  readonly etag: string | null;
  readonly digest: string | null;
}

/** Asks a URL again and again: one record an answer, or one a change (by ETag, and by what the answer holds). */
export const poll: Feed = async (context) => {
  const { position, signal, spec, take, tooLarge } = context;
  const { feed } = spec;
  if (feed.kind !== 'poll') throw new Error('Not a poll');
  let seen = read(position);
  for (;;) {
    const begun = performance.now();
    const answer = await ask(context, feed.changesOnly ? seen.etag : null);
    context.connected('ndjson');
    if (answer === 'too large') tooLarge();
    else if (answer !== 'unchanged') {
      const { body, etag, status } = answer;
      const digest = createHash('sha256').update(body).digest('base64url');
      const isNew = !feed.changesOnly || digest !== seen.digest;
      seen = { etag, digest };
      if (isNew) {
        const at = Date.now();
        const data = messageLine(at, { status, etag }, textOf(body));
        await take({ data, at, position: JSON.stringify(seen), key: null });
      }
    }
    await sleep(Math.max(0, feed.interval * 1000 - (performance.now() - begun)), undefined, { signal });
  }
};

async function ask(
  context: FeedContext,
  etag: string | null,
): Promise<{ body: Buffer; etag: string | null; status: number } | 'unchanged' | 'too large'> {
  const { most, spec } = context;
  if (spec.feed.kind !== 'poll') throw new Error('Not a poll');
  const own: Record<string, string> = etag === null ? {} : { 'If-None-Match': etag };
  const { head, host, body, hasProvenEnd } = await openStream(spec.feed, own, context, isUnchanged);
  const late = () => body.destroy(new SluiceError('connection-timed-out', { host }));
  let timer = setTimeout(late, defaultNetwork.idleTimeout);
  try {
    if (isUnchanged(head)) return 'unchanged';
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > most) return 'too large';
      pieces.push(piece);
      clearTimeout(timer);
      timer = setTimeout(late, defaultNetwork.idleTimeout);
    }
    const whole = Buffer.concat(pieces);
    // RFC 9112 §8 takes a body that lasts until the connection closes for whole; of JSON we can tell.
    if (!hasProvenEnd && /json/i.test(field(head, 'content-type') ?? '') && !isJson(whole.toString())) {
      throw new SluiceError('connection-lost', { host });
    }
    return { body: whole, etag: field(head, 'etag'), status: head.status };
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

function isUnchanged({ status }: { readonly status: number }): boolean {
  return status === 304;
}

/** Text where it is UTF-8, else the bytes. */
function textOf(body: Buffer): string | Buffer {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return body;
  }
}

function read(position: string | null): Seen {
  return position === null ? { etag: null, digest: null } : (JSON.parse(position) as Seen);
}
