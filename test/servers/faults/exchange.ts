/**
 * One request and what a fault does with it, on a raw socket: node:http would not let a server misbehave enough.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { GeneratedBytes } from '../generated-bytes.ts';
import { planResponse, type Representation, type ResponsePlan } from '../range-server.ts';
import { TokenBucket } from '../token-bucket.ts';

/** A request as it came. Field names are in lower case. */
export interface FaultRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One exchange as it went, for tests to judge the client by. */
export interface LoggedExchange {
  readonly request: FaultRequest;
  /** Which of the server's origins was asked: see `Origins`. */
  readonly origin: keyof Origins;
  /** Number of the connection, from 1 in each server. */
  readonly connection: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** 0 where no head was sent. */
  status: number;
  /** Body bytes handed to the socket. */
  sent: number;
}

/** The origins of one fault server, without a slash at the end. */
export interface Origins {
  readonly http: string;
  /** Another host and port: what is cross-origin to `http`. */
  readonly other: string;
  readonly https: string;
}

/** What one client's run of one fault has seen so far. */
export interface Run {
  readonly id: string;
  readonly fault: number;
  readonly variant: string;
  /** Path of the link that the client was given. */
  readonly path: string;
  readonly log: LoggedExchange[];
  /** Free counters for the fault. */
  readonly counters: Record<string, number>;
  /** Exchanges that have a response under way. */
  active: number;
  /** The file as it is now. */
  file: Representation;
  content: GeneratedBytes;
  /** Bytes per second on each connection. */
  readonly rate: number;
  /** Makes it another file: other bytes, another ETag and, where given, another size. */
  change(size?: number): void;
}

export type HeaderFields = Readonly<Record<string, string | readonly string[]>>;

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  410: 'Gone',
  412: 'Precondition Failed',
  416: 'Range Not Satisfiable',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export class Exchange {
  readonly request: FaultRequest;
  readonly run: Run;
  readonly origins: Origins;
  /** Requests that this connection answered before this one. */
  readonly earlier: number;
  /** `Host` fields seen on this connection, this request's among them. */
  readonly hosts: ReadonlySet<string>;
  readonly entry: LoggedExchange;
  readonly #socket: Socket;
  readonly #gone: AbortSignal;
  readonly #bucket: TokenBucket;

  constructor(
    socket: Socket,
    gone: AbortSignal,
    given: Pick<Exchange, 'request' | 'run' | 'origins' | 'earlier' | 'hosts' | 'entry'>,
  ) {
    this.#socket = socket;
    this.#gone = gone;
    this.request = given.request;
    this.run = given.run;
    this.origins = given.origins;
    this.earlier = given.earlier;
    this.hosts = given.hosts;
    this.entry = given.entry;
    this.#bucket = new TokenBucket(given.run.rate);
  }

  /** Which request of the run this is, from 1. */
  get turn(): number {
    return this.run.log.indexOf(this.entry) + 1;
  }

  /** The range that was asked for; null without `Range`. `end` is exclusive, null where it was left open. */
  get range(): { start: number; end: number | null } | null {
    const match = /^bytes=(\d+)-(\d*)$/.exec(this.request.headers['range'] ?? '');
    return match ? { start: Number(match[1]), end: match[2] ? Number(match[2]) + 1 : null } : null;
  }

  /** Where the client wants to begin. */
  get offset(): number {
    return this.range?.start ?? 0;
  }

  /** What a conforming server would answer now. */
  plan(changes: Partial<Representation> = {}): ResponsePlan {
    return planResponse(this.request.headers, { ...this.run.file, ...changes });
  }

  /** The same from a server that pays no heed to conditions. */
  planHeedless(changes: Partial<Representation> = {}): ResponsePlan {
    const { 'if-match': _match, 'if-range': _range, 'if-unmodified-since': _since, ...headers } = this.request.headers;
    return planResponse(headers, { ...this.run.file, ...changes });
  }

  /** The same from a server that sends at most `most` bytes of a range at a time. */
  planPiece(most: number): ResponsePlan {
    const plan = this.plan();
    if (plan.status !== 206) return plan;
    const end = Math.min(plan.end, plan.start + most);
    return {
      ...withHeaders(plan, {
        'content-length': String(end - plan.start),
        'content-range': `bytes ${plan.start}-${end - 1}/${this.run.file.size}`,
      }),
      end,
    };
  }

  /** What a server that knows no ranges would answer. */
  planWhole(changes: Partial<Representation> = {}): ResponsePlan {
    return planResponse({}, { ...this.run.file, ranges: false, ...changes });
  }

  /** Sends a planned response; with `cut`, only that many body bytes, and then the connection closes. */
  async reply(plan: ResponsePlan, { cut = Infinity }: { cut?: number } = {}): Promise<void> {
    await this.head(plan.status, plan.headers);
    const end = Math.min(plan.end, plan.start + Math.floor(cut));
    await this.content(plan.start, end);
    if (end < plan.end) this.close();
  }

  /** A small response with a text body. */
  async text(status: number, body: string, headers: HeaderFields = {}): Promise<void> {
    const bytes = Buffer.from(body);
    await this.head(status, { 'content-type': 'text/plain', ...headers, 'content-length': String(bytes.length) });
    await this.body(bytes);
  }

  redirect(status: number, location: string, headers: HeaderFields = {}): Promise<void> {
    return this.text(status, '', { location, ...headers });
  }

  /** Status line and fields. */
  async head(status: number, headers: HeaderFields): Promise<void> {
    this.entry.status = status;
    const date = headers['date'] ?? new Date().toUTCString();
    const lines = Object.entries({ date, ...headers }).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`),
    );
    await this.raw([`HTTP/1.1 ${status} ${reasons[status] ?? 'Whatever'}`, ...lines, '', ''].join('\r\n'));
  }

  /** The file's bytes [start, end) as a body, at the run's rate; of one version, whatever changes meanwhile. */
  async content(start: number, end: number): Promise<void> {
    const { content } = this.run;
    const chunk = this.run.rate === Infinity ? 65_536 : Math.max(1024, Math.min(65_536, this.run.rate / 20));
    for (let at = start; at < end; at += chunk) {
      const bytes = content.read(Math.floor(at), Math.floor(Math.min(end, at + chunk)));
      await this.#bucket.take(bytes.length, this.#gone);
      await this.body(bytes);
    }
  }

  /** The file's bytes [start, end) in chunked coding; `finish` writes the terminator. */
  async chunked(start: number, end: number, { finish = true } = {}): Promise<void> {
    const size = 60_000;
    for (let at = start; at < end; at += size) {
      const length = Math.min(size, end - at);
      await this.raw(`${length.toString(16)}\r\n`);
      await this.content(at, at + length);
      await this.raw('\r\n');
    }
    if (finish) await this.raw('0\r\n\r\n');
  }

  /** Body bytes; none for HEAD. */
  async body(bytes: Buffer): Promise<void> {
    if (this.request.method === 'HEAD') return;
    this.entry.sent += bytes.length;
    await this.raw(bytes);
  }

  /** Anything at all. */
  async raw(bytes: string | Buffer): Promise<void> {
    this.#gone.throwIfAborted();
    if (!this.#socket.write(bytes)) await once(this.#socket, 'drain', { signal: this.#gone });
  }

  /** Ends the connection in order (FIN) after what was written. */
  close(): void {
    this.#socket.end();
  }

  /** Ends the connection rudely (RST). */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Keeps the connection open and silent until the client goes. */
  async stall(): Promise<void> {
    if (!this.#gone.aborted) await once(this.#gone, 'abort');
  }
}

/** How one row of the table behaves. `number`, `title` and `outcome` are the row as faults.md has it. */
export interface Fault {
  readonly number: number;
  /** What the server does. */
  readonly title: string;
  /** What a download should make of it. */
  readonly outcome: string;
  /** Ways to play it; the first is the default. */
  readonly variants?: readonly string[];
  /** Bytes of the file. Default `USUAL_SIZE`. */
  readonly size?: number;
  /** Bytes per second on each connection, so that many connections are worth it. Default unlimited. */
  readonly rate?: number;
  readonly scheme?: 'http' | 'https';
  /** Name of the file in the link. Default file.bin. */
  readonly name?: string;
  /** Answers one request. */
  play(x: Exchange): Promise<void> | void;
  /**
   * For what happens before a request can be read: opens a port of its own, and gives the origin to put into the link.
   * `serve` answers requests on a socket as the fault server does.
   */
  listen?(run: Run, serve: (socket: Socket) => void, onClose: (close: () => void) => void): Promise<string>;
}

/** Too small to be worth many connections, and a size that no window has: nobody has reason to doubt it (row 22). */
export const USUAL_SIZE = 4_200_000;

/** Size and rate of faults that need several connections at once. */
export const PARALLEL = { size: 8 * USUAL_SIZE, rate: 8_000_000 } as const;

/** The run's first response breaks off half-way; `then` plays all others. */
export function afterCut(then: Fault['play'], first?: (x: Exchange) => ResponsePlan): Fault['play'] {
  return async (x) => {
    if (x.turn > 1) return then(x);
    return x.reply(first?.(x) ?? x.plan(), { cut: x.run.file.size / 2 });
  };
}

/** A backend's error as if all were well (200): without a length or a validator, and longer than most of the file. */
export async function backendError(x: Exchange): Promise<void> {
  await x.head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  const body = Buffer.alloc(x.run.file.size * 0.75, '{"error":"overloaded"}');
  await x.raw(`${body.length.toString(16)}\r\n`);
  await x.body(body);
  await x.raw('\r\n0\r\n\r\n');
}

/** Counts up a counter of the run: 1 at the first call. */
export function count(run: Run, name: string): number {
  const value = (run.counters[name] ?? 0) + 1;
  run.counters[name] = value;
  return value;
}

/** A plan with some fields replaced; `null` takes a field away. */
export function withHeaders(plan: ResponsePlan, changes: Readonly<Record<string, string | null>>): ResponsePlan {
  const fields = Object.entries({ ...plan.headers, ...changes });
  return {
    ...plan,
    headers: Object.fromEntries(fields.filter((field): field is [string, string] => field[1] !== null)),
  };
}

/** An ordinary, conforming answer. */
export const ordinary: Fault['play'] = (x) => x.reply(x.plan());
