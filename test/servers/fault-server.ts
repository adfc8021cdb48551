/**
 * Plays what remotes do wrong: each fault at `/NUMBER/RUN/NAME`, where RUN is any word and keeps one client's run
 * apart from another's. `?as=VARIANT`, `?size=BYTES` and `?rate=BYTES_PER_SECOND` choose how, with the run's first
 * request. Raw sockets throughout, with a log of every exchange.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { loopbackCertificate } from './certificate.ts';
import {
  Exchange,
  USUAL_SIZE,
  type FaultRequest,
  type LoggedExchange,
  type Origins,
  type Run,
} from './faults/exchange.ts';
import { faults } from './faults/index.ts';
import { generatedBytes } from './generated-bytes.ts';

export interface PlayOptions {
  readonly variant?: string;
  /** Bytes of the file. */
  readonly size?: number;
  /** Bytes per second on each connection. */
  readonly rate?: number;
  /** File name in the link. */
  readonly name?: string;
}

/** One client's run of one fault. */
export interface FaultRun {
  /** The link to give to the client. */
  readonly url: string;
  readonly exchanges: readonly LoggedExchange[];
  /** SHA-256 in hexadecimal of the file as it was when the run began. */
  readonly sha256: string;
  readonly size: number;
  /** SHA-256 of what the server has now, where a fault changes the file. */
  currentSha256(): Promise<string>;
}

export interface FaultServer extends AsyncDisposable {
  readonly origins: Origins;
  /** PEM to trust for https. */
  readonly certificate: string;
  /** Begins a run. */
  play(number: number, options?: PlayOptions): Promise<FaultRun>;
  /** Called with every exchange when its head has been sent, or when it ended without one. */
  onExchange: ((exchange: LoggedExchange, run: Run) => void) | null;
  close(): Promise<void>;
}

/** Starts the three origins on loopback, at `port`, `port + 1` and `port + 2`, or anywhere. */
export async function startFaultServer({ port = 0 }: { port?: number } = {}): Promise<FaultServer> {
  const runs = new Map<string, Run>();
  const sockets = new Set<Socket>();
  const closers: (() => void)[] = [];
  let connections = 0;
  const certificate = await loopbackCertificate();

  function runFor(target: string): Run | null {
    const { pathname, searchParams } = new URL(target, 'http://origin');
    const [, number = '', id = 'default'] = pathname.split('/');
    const fault = faults.find((one) => String(one.number) === number);
    if (!fault) return null;
    const key = `${number}/${id}`;
    const known = runs.get(key);
    if (known) return known;
    const run = newRun(fault.number, id, pathname + new URL(target, 'http://origin').search, {
      variant: searchParams.get('as') ?? fault.variants?.[0] ?? '',
      size: Number(searchParams.get('size') ?? fault.size ?? USUAL_SIZE),
      rate: Number(searchParams.get('rate') ?? fault.rate ?? Infinity),
    });
    runs.set(key, run);
    return run;
  }

  function serve(socket: Socket, origin: keyof Origins): void {
    connections += 1;
    const connection = connections;
    const hosts = new Set<string>();
    let earlier = 0;
    let received = '';
    let working: Promise<void> = Promise.resolve();
    const gone = new AbortController();
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      sockets.delete(socket);
      gone.abort();
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const request = parseRequest(received.slice(0, end));
        received = received.slice(end + 4);
        working = working.then(() => answer(request));
      }
    });

    async function answer(request: FaultRequest): Promise<void> {
      const run = runFor(request.target);
      if (gone.signal.aborted || socket.writableEnded) return;
      if (!run) {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const entry: LoggedExchange = { request, origin, connection, at: Date.now(), status: 0, sent: 0 };
      run.log.push(entry);
      run.active += 1;
      hosts.add(request.headers['host'] ?? '');
      const exchange = new Exchange(socket, gone.signal, { request, run, origins, earlier, hosts, entry });
      try {
        await faults[run.fault - 1]?.play(exchange);
      } catch (error) {
        if (!gone.signal.aborted && !socket.destroyed) throw error;
      } finally {
        run.active -= 1;
        earlier += 1;
        result.onExchange?.(entry, run);
      }
    }
  }

  async function listen(server: Server, offset: number): Promise<number> {
    server.listen(port === 0 ? 0 : port + offset, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  const origins: Origins = {
    http: `http://127.0.0.1:${await listen(
      createServer((socket) => serve(socket, 'http')),
      0,
    )}`,
    other: `http://127.0.0.1:${await listen(
      createServer((socket) => serve(socket, 'other')),
      1,
    )}`,
    https: `https://127.0.0.1:${await listen(
      createTlsServer(certificate, (socket) => serve(socket, 'https')),
      2,
    )}`,
  };

  const result: FaultServer = {
    origins,
    certificate: certificate.cert,
    onExchange: null,
    async play(number, { variant, size, rate, name } = {}) {
      const fault = faults.find((one) => one.number === number);
      if (!fault) throw new RangeError(`there is no fault ${number}`);
      if (variant !== undefined && !fault.variants?.includes(variant)) {
        throw new RangeError(`fault ${number} has no variant ${variant}`);
      }
      const query = Object.entries({ as: variant, size, rate }).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${value}`],
      );
      const id = randomBytes(4).toString('hex');
      const path = `/${number}/${id}/${name ?? fault.name ?? 'file.bin'}?${query.join('&')}`;
      const run = runFor(path);
      if (!run) throw new Error('unreachable');
      const scheme = fault.scheme ?? 'http';
      const origin =
        (await fault.listen?.(
          run,
          (socket) => serve(socket, scheme),
          (close) => closers.push(close),
        )) ?? origins[scheme];
      return {
        url: origin + path.replace(/\?$/, ''),
        exchanges: run.log,
        size: run.file.size,
        sha256: await run.content.sha256(run.file.size),
        currentSha256: () => run.content.sha256(run.file.size),
      };
    },
    async close() {
      for (const close of closers.splice(0)) close();
      const ends = [...sockets].map((socket) => once(socket, 'close'));
      for (const socket of sockets) socket.destroy();
      await Promise.all(ends);
    },
    [Symbol.asyncDispose]: () => result.close(),
  };
  return result;
}

function newRun(
  fault: number,
  id: string,
  path: string,
  { variant, size, rate }: { variant: string; size: number; rate: number },
): Run {
  let seed = fault;
  const fileOf = (bytes: number) => ({
    size: bytes,
    etag: `"${seed}-${bytes}"`,
    lastModified: new Date(Date.UTC(2024, 0, 2, 3, 4, seed % 60)),
    ranges: true,
    contentLength: true,
    contentType: 'application/octet-stream',
    contentDisposition: null,
  });
  const run: Run = {
    id,
    fault,
    variant,
    path,
    rate,
    log: [],
    counters: {},
    active: 0,
    file: fileOf(size),
    content: generatedBytes(seed),
    change(newSize = run.file.size) {
      seed += 1000;
      run.content = generatedBytes(seed);
      run.file = fileOf(newSize);
    },
  };
  return run;
}

/** Test clients send sane requests: a request line and fields, no body. */
function parseRequest(head: string): FaultRequest {
  const [line = '', ...fields] = head.split('\r\n');
  const [method = '', target = '/'] = line.split(' ');
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  return { method, target, headers };
}
