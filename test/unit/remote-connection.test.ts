/** One connection at its limits: what is its own lateness, what is the server's silence. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { BufferPool, PAGE } from '../../electron/engine/flow/index.ts';
import { HttpConnection, type BodySink } from '../../electron/engine/remote/index.ts';
import { loopbackCertificate, type Certificate } from '../servers/certificate.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';

const IDLE = 200;
/** Bytes of a body of several buffers. */
const SIZE = 5_000_000;
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A server that answers each connection's first bytes by `answer`, and a connection to it, beside `others` at the pool. */
async function connected(
  answer: (socket: Socket) => void,
  certificate?: Certificate,
  others = 0,
): Promise<{ connection: HttpConnection; pool: BufferPool }> {
  const serve = (socket: Socket) => {
    open.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  };
  const server = createServer(
    certificate ? (socket) => serve(new TLSSocket(inOnePiece(socket), { isServer: true, ...certificate })) : serve,
  ).listen(0, '127.0.0.1');
  open.push(() => server.close());
  await once(server, 'listening');
  const pool = new BufferPool();
  for (let i = 0; i < others; i += 1) pool.join();
  const { port } = server.address() as AddressInfo;
  const trust = certificate ? { ca: certificate.cert } : {};
  const network = { connectTimeout: 2000, idleTimeout: IDLE, backoff: 1, ...trust };
  const origin = { secure: certificate !== undefined, hostname: '127.0.0.1', port };
  const connection = new HttpConnection(origin, pool, network);
  open.push(() => connection.destroy());
  await connection.connect(new AbortController().signal);
  return { connection, pool };
}

/** A server's side of a socket: what follows on its first word of application data goes out in one piece with its end. */
function inOnePiece(socket: Socket): Duplex {
  open.push(() => socket.destroy());
  const held: Buffer[] = [];
  const APPLICATION_DATA = 23;
  const side = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (held.length > 0 || chunk[0] === APPLICATION_DATA) held.push(chunk);
      else socket.write(chunk);
      done();
    },
    final(done) {
      socket.end(Buffer.concat(held));
      done();
    },
  });
  socket.on('data', (chunk) => side.push(chunk));
  socket.on('close', () => side.destroy());
  socket.on('error', () => {});
  return side;
}

const collector = (pool: BufferPool): BodySink & { text: string } => ({
  text: '',
  quantum: () => Infinity,
  received: () => 0,
  write(buffer, from, to) {
    this.text += buffer.toString('latin1', from, to);
    pool.give(buffer);
  },
});

/** A server's answer that is sent at once, and the end of its side. */
const answers = (body: Buffer) => (socket: Socket) => {
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
};

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('the time that the taker of a body needs to get ready is not the server’s', async () => {
  const { connection, pool } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    setTimeout(() => socket.write('world'), 3.2 * IDLE);
  });
  const head = await connection.request(REQUEST);
  await delay(3 * IDLE);
  const sink = collector(pool);
  expect(await connection.body(head, Infinity, sink)).toBe('complete');
  expect(sink.text).toBe('helloworld');
});

test('a thread that was late itself reads what has come before it blames the server', async () => {
  const answered = Promise.withResolvers<Socket>();
  const { connection, pool } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    answered.resolve(socket);
  });
  const head = await connection.request(REQUEST);
  const socket = await answered.promise;
  const sink = collector(pool);
  const ended = connection.body(head, Infinity, sink);
  // Between what is read and the timers: the connection's own comes first when this is through.
  setImmediate(() => {
    socket.write('world');
    for (const until = performance.now() + 3 * IDLE; performance.now() < until;);
  });
  expect(await ended).toBe('complete');
  expect(sink.text).toBe('helloworld');
});

test('a server that falls silent in a body is given up, and what came before is kept', async () => {
  const { connection, pool } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  const head = await connection.request(REQUEST);
  const sink = collector(pool);
  await expect(connection.body(head, Infinity, sink)).rejects.toMatchObject({ code: 'connection-timed-out' });
  expect(sink.text).toBe('hello');
});

/** Sends `text` again and again, often enough that its taker never finds the connection silent. */
function drips(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), IDLE / 8);
  open.push(() => clearInterval(timer));
}

test('a head that comes bit by bit without end is given up', async () => {
  const { connection } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX-Long: ');
    drips(socket, 'x');
  });
  await expect(connection.request(REQUEST)).rejects.toMatchObject({ code: 'connection-timed-out' });
});

test('trailers that come bit by bit without end are given up, and what came before is kept', async () => {
  const { connection, pool } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n');
    drips(socket, 'a: b\r\n');
  });
  const head = await connection.request(REQUEST);
  const sink = collector(pool);
  await expect(connection.body(head, Infinity, sink)).rejects.toMatchObject({ code: 'connection-timed-out' });
  expect(sink.text).toBe('hello');
});

test.each([
  ['', undefined],
  [' over TLS', await loopbackCertificate()],
])('a taker may leave what fills no page for later%s', async (_name, certificate) => {
  const body = generatedBytes(SIZE).read(0, SIZE);
  const { connection, pool } = await connected(answers(body), certificate);
  const head = await connection.request(REQUEST);
  const taken: Buffer[] = [];
  let position = 0;
  const sink: BodySink = {
    quantum: () => Infinity,
    received: () => 0,
    remainder: (bytes) => (bytes < 64 * 1024 ? 0 : (position + bytes) % PAGE),
    write(buffer, from, to) {
      taken.push(Buffer.from(buffer.subarray(from, to)));
      position += to - from;
      pool.give(buffer);
    },
  };
  expect(await connection.body(head, Infinity, sink)).toBe('complete');
  expect(taken.length).toBeGreaterThan(4);
  for (const bytes of taken.slice(1, -1)) expect(bytes.length % PAGE).toBe(0);
  expect(Buffer.concat(taken).equals(body)).toBe(true);
});

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

test('informational heads are passed over, but not for ever', async () => {
  const some = await connected((socket) => {
    socket.write(`${CONTINUE.repeat(8)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`);
  });
  expect((await some.connection.request(REQUEST)).status).toBe(200);
  const many = await connected((socket) => {
    socket.write(`${CONTINUE.repeat(100)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`);
  });
  await expect(many.connection.request(REQUEST)).rejects.toMatchObject({ code: 'bad-response' });
});

/** The head of an answer that came over TLS in one piece with its body and the goodbye, and whose socket is closed. */
async function answeredAndClosed(text: string) {
  const gone = Promise.withResolvers<void>();
  const { connection, pool } = await connected(
    (socket) => {
      socket.once('close', () => gone.resolve());
      socket.end(text);
    },
    await loopbackCertificate(),
  );
  const head = await connection.request(REQUEST);
  await gone.promise;
  return { connection, pool, head };
}

test.each([
  ['until close', 'HTTP/1.1 200 OK\r\n\r\nhello', 'closed'],
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'complete'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'complete'],
])('a body (%s) that came in one piece with its head and the goodbye is not lost over TLS', async (_, text, end) => {
  const { connection, pool, head } = await answeredAndClosed(text);
  const sink = collector(pool);
  expect(await connection.body(head, Infinity, sink)).toBe(end);
  expect(sink.text).toBe('hello');
  await expect.poll(() => pool.lent).toBe(0);
});

test.each([
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
])('one (%s) that is shorter than it said is broken off, and what came of it is kept', async (_, text) => {
  const { connection, pool, head } = await answeredAndClosed(text);
  const sink = collector(pool);
  await expect(connection.body(head, Infinity, sink)).rejects.toMatchObject({ code: 'connection-lost' });
  expect(sink.text).toBe('hello');
  await expect.poll(() => pool.lent).toBe(0);
});

test('one that nobody wants gives its buffer back', async () => {
  const { connection, pool } = await answeredAndClosed('HTTP/1.1 200 OK\r\n\r\nhello');
  let closed = false;
  connection.onClose(() => {
    closed = true;
  });
  connection.destroy();
  expect(closed).toBe(true);
  expect(pool.lent).toBe(0);
});

test.each([
  ['', undefined],
  [' over TLS', await loopbackCertificate()],
])(
  'one of many has a small buffer while it is held, and fills whole blocks when it reads%s',
  async (_name, certificate) => {
    const body = generatedBytes(SIZE).read(0, SIZE);
    const { connection, pool } = await connected(answers(body), certificate, 8);
    const head = await connection.request(REQUEST);
    const taken: Buffer[] = [];
    const lengths: number[] = [];
    /** Blocks that others may have meanwhile. */
    const left: number[] = [];
    const sink: BodySink = {
      quantum: () => Infinity,
      received: () => 0,
      write(buffer, from, to) {
        taken.push(Buffer.from(buffer.subarray(from, to)));
        lengths.push(buffer.length);
        pool.give(buffer);
        if (connection.activity === 'blocked') return;
        connection.block();
        setImmediate(() => {
          const others = Array.from({ length: 8 }, () => pool.take());
          left.push(others.filter(({ length }) => length === 254 * PAGE).length);
          for (const other of others) pool.give(other);
          connection.wake();
        });
      },
    };
    expect(await connection.body(head, Infinity, sink)).toBe('complete');
    expect(Buffer.concat(taken).equals(body)).toBe(true);
    expect(left.length).toBeGreaterThan(3);
    expect(new Set(left)).toEqual(new Set([8]));
    expect(lengths.filter((length) => length === 254 * PAGE).length).toBeGreaterThan(3);
  },
);

test('one of many fills whole blocks under a limit too: small writes all over a file are slow', async () => {
  const body = generatedBytes(SIZE).read(0, SIZE);
  const { connection, pool } = await connected(answers(body), undefined, 8);
  const head = await connection.request(REQUEST);
  const lengths: number[] = [];
  let position = 0;
  const sink: BodySink = {
    quantum: () => 256 * 1024,
    received: () => 1,
    write(buffer, from, to) {
      lengths.push(to - from);
      expect(buffer.subarray(from, to).equals(body.subarray(position, (position += to - from)))).toBe(true);
      pool.give(buffer);
    },
  };
  expect(await connection.body(head, Infinity, sink)).toBe('complete');
  expect(position).toBe(SIZE);
  for (const length of lengths.slice(0, -1)) expect(length).toBeGreaterThan(900_000);
});
