/** One server of a download under torture, and what it does to whoever downloads from it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startRangeServer, type RangeServerOptions } from '../servers/range-server.ts';
import { seededRandom, type Random } from '../servers/random.ts';

export interface Origin {
  /** The link that works now. */
  readonly url: string;
  /** In words, for the report of a failure. */
  readonly manner: string;
  readonly sha256: string;
  /** Body bytes that it has sent. */
  sent(): number;
  /** Body bytes that it may have to send once more when whoever downloads is interrupted now. */
  costOfInterruption(): number;
  /** Does something that servers and networks do. */
  vary(random: Random): void;
  /** Behaves from now on. */
  calm(): void;
  /** From now on the link leads nowhere, and another one to the file. */
  expire(random: Random): void;
  close(): Promise<void>;
}

export interface OriginOptions {
  readonly name: string;
  readonly size: number;
  /** Which bytes it has. */
  readonly seed: number;
  /** Bytes per second. */
  readonly rate: number;
  /** Fields of each response, beside the usual. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Text of the file of checksums beside the link, where there is one. */
  readonly checksums?: string | null;
  /** False: it sends the file as a whole only. Left out: chance decides. */
  readonly ranges?: boolean;
  /** True: it answers nothing but errors. */
  readonly failing?: boolean;
}

/** An interruption may cost what was not yet durable (part-file.ts), and 5 s of transfer at most. */
const UNSYNCED = 64 << 20;
const JOURNALLED_WITHIN_S = 5;
/** Bytes that may be in the buffers of a socket's two ends. */
export const IN_FLIGHT = 4 << 20;

/** What becomes of a link that has expired. */
const forbid = (response: ServerResponse) => response.writeHead(403, { 'content-length': '0' }).end();
const showPage = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>This link has expired.');

/** A conforming origin that is slow, busy and breaks connections, as chance has it. */
export async function startOrigin(random: Random, options: OriginOptions): Promise<Origin> {
  const { name, size, seed, rate, fields = {}, checksums = null, failing = false } = options;
  const validator = random.weighted([
    ['ETag', 5],
    ['Last-Modified', 2],
    ['no validator', 2],
  ]);
  const ranges = options.ranges ?? random.chance(0.92);
  const contentLength = random.chance(0.85);
  let cut = 0;
  let busy = 0;
  let link = 1;
  let refuse: (response: ServerResponse) => void = forbid;
  // Requests come when they come: they take nothing from the round's own chance.
  const own = seededRandom(seed);

  const intercept = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://origin');
    if (failing) {
      response.writeHead(500, { 'content-length': '0' }).end();
    } else if (pathname === `/${name}.sha256` && checksums !== null) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(checksums);
    } else if (pathname !== `/${name}`) {
      response.writeHead(404, { 'content-length': '0' }).end();
    } else if (search !== `?link=${link}`) {
      refuse(response);
    } else if (own.chance(busy)) {
      response.writeHead(503, { 'retry-after': '1', 'content-length': '0' }).end();
    } else {
      if (own.chance(cut)) setTimeout(() => response.destroy(), own.int(1, 800)).unref();
      return false;
    }
    return true;
  };
  const behaviour: RangeServerOptions = {
    size,
    seed,
    path: `/${name}`,
    ...(validator !== 'ETag' && { etag: null }),
    ...(validator === 'no validator' && { lastModified: null }),
    ranges,
    contentLength,
    fields,
    totalRate: rate,
    latency: random.pick([0, 0, 20, 100]),
    intercept,
  };
  const server = await startRangeServer(behaviour);
  const facts = [validator, ranges ? 'ranges' : 'no ranges', contentLength ? 'length' : 'chunked'];
  // Without ranges there is nothing to go on from.
  const again = ranges ? Math.min(UNSYNCED, JOURNALLED_WITHIN_S * rate) : size;
  return {
    get url() {
      return `${server.url}?link=${link}`;
    },
    manner: failing ? 'nothing but errors' : `${rate} B/s, ${facts.join(', ')}`,
    sha256: await server.sha256(),
    sent: () => server.bytesSent,
    costOfInterruption: () => again + server.connections.open * IN_FLIGHT,
    vary(by) {
      const what = by.pick(['cut all', 'cut some', 'busy', 'latency', 'rate']);
      if (what === 'cut all') server.dropConnections();
      if (what === 'cut some') cut = by.pick([0, 0.3]);
      if (what === 'busy') busy = by.pick([0, 0.5]);
      if (what === 'latency') server.set({ latency: by.int(0, 300) });
      if (what === 'rate') server.set({ totalRate: by.int(Math.ceil(rate / 4), rate) });
    },
    calm() {
      cut = 0;
      busy = 0;
      server.set({ latency: 0, totalRate: rate * 4 });
    },
    expire(by) {
      link += 1;
      refuse = by.pick([forbid, showPage]);
      server.dropConnections();
    },
    close: () => server.close(),
  };
}
