/** A share of a remote: a range proxy. Readers choose bytes, never where they come from nor what is sent there. */
import { create as contentDisposition } from 'content-disposition';
import { SluiceError, toFailure, type FailureCode } from '../../../shared/failure.ts';
import type { ShareTarget } from '../../../shared/share.ts';
import { isProven } from '../download/index.ts';
import { nameFromContentDisposition, nameFromUrl } from '../files/index.ts';
import { BufferPool } from '../flow/index.ts';
import { field, parseLink, type ResponseHead } from '../remote/index.ts';
import { answerContent } from './answer-content.ts';
import { openBlockCache } from './block-cache.ts';
import { CachedReader } from './cached-reader.ts';
import type { Content } from './content.ts';
import { isTag } from './entity-tags.ts';
import { mediaTypeOf } from './file-content.ts';
import { parseHttpDate } from './http-date.ts';
import { Refusal } from './refusal.ts';
import { RemoteReader } from './remote-reader.ts';
import { RemoteSource, type RemoteFacts } from './remote-source.ts';
import { contentPolicy, safeFields } from './safe-fields.ts';
import { requireName, type Call, type Service, type ServeTools } from './service.ts';

/** Ms for which what is known of the remote is believed; every answer to a range proves it anew. */
const FRESH = 3_000;

export function remoteShare(
  target: Extract<ShareTarget, { kind: 'remote' }>,
  id: string,
  { world, changed, firstSeen }: ServeTools,
): Service {
  const pool = new BufferPool();
  const source = new RemoteSource(target, pool, world.trusted, firstSeen);
  const name = nameFromUrl(parseLink(target.url));
  const cache = openBlockCache(world.home, id, target.cache);
  let known: { facts: RemoteFacts; at: number } | null = null;
  let asking: Promise<RemoteFacts> | null = null;
  let trouble: string | null = null;

  async function look(): Promise<RemoteFacts> {
    if (known && performance.now() - known.at < FRESH) return known.facts;
    // Readers that come at once share the question; none of them ends it for the others.
    asking ??= source.facts(AbortSignal.timeout(60_000)).finally(() => {
      asking = null;
    });
    try {
      const facts = await asking;
      known = { facts, at: performance.now() };
      trouble = null;
      return facts;
    } catch (error) {
      known = null;
      trouble = toFailure(error).message;
      throw refusalFor(toFailure(error).code);
    } finally {
      changed();
    }
  }

  function contentOf(facts: RemoteFacts, size: number): Content {
    const { known: version, head } = facts;
    const { identity, resumability } = version;
    const modified = identity.lastModified === null ? null : parseHttpDate(identity.lastModified, Date.now() / 1000);
    return {
      size,
      // A weak tag stays weak. Where there is none, a resumed download cannot be proven, and starts again.
      etag: identity.etag !== null && isTag(identity.etag) ? identity.etag : null,
      lastModified: modified,
      mediaType: mediaTypeFrom(field(head, 'content-type'), name),
      coding: codingFrom(head),
      unversioned: !isProven(resumability),
      name: nameFromContentDisposition(field(head, 'content-disposition') ?? '') ?? name,
      open(start, end, { signal }) {
        const read = (from: number, to: number) => new RemoteReader(source, version, from, to, pool, signal);
        return cache
          ? new CachedReader(cache.version(identity, size, isProven(resumability)), start, end, read)
          : read(start, end);
      },
      release() {},
    };
  }

  /** Of a remote without ranges, or without a size, only the whole can be had, as it comes. */
  async function sendWhole(call: Call): Promise<void> {
    const { transfer, request } = call;
    const answer = await source.ask(null, transfer.signal);
    const { connection, head, verdict } = answer;
    try {
      if (verdict.kind !== 'whole' && verdict.kind !== 'empty') {
        throw refusalFor('failure' in verdict ? verdict.failure.code : 'bad-response');
      }
      const type = mediaTypeFrom(field(head, 'content-type'), name);
      const policy = contentPolicy(type);
      const total = verdict.kind === 'empty' ? 0 : verdict.total;
      const coding = codingFrom(head);
      const as = nameFromContentDisposition(field(head, 'content-disposition') ?? '') ?? name;
      transfer.subject = { representation: 'whole', size: null };
      // prettier-ignore
      transfer.response.writeHead(200, [
        ...safeFields, 'Content-Type', type, 'Cache-Control', 'no-store', 'Accept-Ranges', 'none',
        'Content-Disposition', contentDisposition(as, { type: call.options.disposition }),
        ...(policy === null ? [] : ['Content-Security-Policy', policy]),
        ...(coding === null ? [] : ['Content-Encoding', coding]),
        ...(total === null ? [] : ['Content-Length', String(total)]),
      ]);
      if (request.method === 'GET' && total !== 0) {
        // Nobody knows when the first bytes come.
        transfer.response.flushHeaders();
        connection.flush();
        let last: Promise<void> = Promise.resolve();
        let waiting = 0;
        const end = await connection.body(head, Infinity, {
          quantum: () => pool.size,
          received: () => 0,
          write(buffer, from, to) {
            waiting += 1;
            last = last
              .then(() => transfer.limited(to - from))
              .then(() => transfer.write(buffer.subarray(from, to), null))
              .finally(() => {
                pool.give(buffer);
                waiting -= 1;
                // The reader waits: what little has come is worth more than a full buffer.
                if (waiting === 0) connection.flush();
                connection.wake();
              });
            last.catch(() => connection.destroy());
            if (waiting >= 2) connection.block();
          },
        });
        await last;
        if (total === null && end === 'cut') throw new Error('The remote stopped in the middle');
      }
      transfer.response.end();
    } finally {
      connection.destroy();
    }
  }

  return {
    linkName: name,
    methods: [],
    get size() {
      return known?.facts.size ?? null;
    },
    get trouble() {
      return trouble;
    },
    async answer(call) {
      requireName(call, name);
      const { request, transfer, options } = call;
      for (let tries = 0; ; tries += 1) {
        const facts = await look();
        try {
          if (!facts.hasRanges || facts.size === null) return await sendWhole(call);
          return await answerContent(request, transfer, contentOf(facts, facts.size), options.disposition);
        } catch (error) {
          // It may be another file now: whoever was told nothing yet gets that one, and the next reader asks.
          known = null;
          if (transfer.response.headersSent || !(error instanceof SluiceError)) throw error;
          if (error.code !== 'changed' || tries > 0) throw refusalFor(error.code);
        }
      }
    },
    close() {
      cache?.close();
    },
  };
}

/** The remote's own type, if it is one line of the usual form; else by the name. */
function mediaTypeFrom(given: string | null, name: string): string {
  return given !== null && /^[\w.+-]+\/[\w.+-]+(?: *; *[\w.+-]+=(?:[\w.+-]+|"[\w .+-]*"))*$/.test(given)
    ? given
    : mediaTypeOf(name);
}

/**
 * The content codings of what the remote sends, which are the reader's to undo; null where there are none.
 * @throws Refusal where that is no list of codings
 */
function codingFrom(head: ResponseHead): string | null {
  const given = field(head, 'content-encoding')?.trim() ?? '';
  if (given === '' || /^identity$/i.test(given)) return null;
  if (/^[\w.+-]+(?: *, *[\w.+-]+)*$/.test(given)) return given;
  throw new Refusal(502, 'The server behind this link cannot be used.');
}

/** What a reader is told of trouble upstream: whose it is, not where. */
function refusalFor(code: FailureCode): Refusal {
  switch (code) {
    case 'not-found':
      return new Refusal(404, 'The file behind this link is gone.');
    case 'too-busy':
      return new Refusal(503, 'The server behind this link is too busy.', ['Retry-After', '10']);
    case 'connection-timed-out':
      return new Refusal(504, 'The server behind this link does not answer.');
    default:
      return new Refusal(502, 'The server behind this link cannot be used.');
  }
}
