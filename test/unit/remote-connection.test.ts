/** One connection at its limits: what is its own lateness, what is the server's silence. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { BufferPool } from '../../electron/engine/flow/index.ts';
import { HttpConnection, type BodySink } from '../../electron/engine/remote/index.ts';

const IDLE = 200;
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A server that answers each connection's first bytes by `answer`, and a connection to it. */
async function connected(answer: (socket: Socket) => void): Promise<{ connection: HttpConnection; pool: BufferPool }> {
  const server = createServer((socket) => {
    open.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  open.push(() => server.close());
  await once(server, 'listening');
  const pool = new BufferPool();
  const { port } = server.address() as AddressInfo;
  const network = { connectTimeout: 2000, idleTimeout: IDLE, backoff: 1 };
  const connection = new HttpConnection({ secure: false, hostname: '127.0.0.1', port }, pool, network);
  open.push(() => connection.destroy());
  await connection.connect(new AbortController().signal);
  return { connection, pool };
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
  const { connection, pool } = await connected((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    const late = () => {
      socket.write('world');
      for (const until = performance.now() + 3 * IDLE; performance.now() < until;);
    };
    // Between what is read and the timers: the connection's own comes first when this is through.
    setTimeout(() => setImmediate(late), IDLE / 4);
  });
  const head = await connection.request(REQUEST);
  const sink = collector(pool);
  expect(await connection.body(head, Infinity, sink)).toBe('complete');
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
