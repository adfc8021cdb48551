/** Whatever answers where a PostgreSQL is looked for: it ends the question, and nothing else. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connect, openPortal } from '../../electron/engine/database/index.ts';
import { plainTarget } from '../servers/postgres.ts';

const message = (type: string, body: string): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
};
const welcome = [message('R', '\0\0\0\0'), message('K', '\0\0\0\x01\0\0\0\x02'), message('Z', 'I')];

/** Answers the first bytes of each connection, and later ones by their first byte. */
async function impostor(answers: Buffer[], later: Record<string, Buffer[]> = {}) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .once('data', () => {
        socket.write(Buffer.concat(answers));
        socket.on('data', (asked) => socket.write(Buffer.concat(later[asked.toString('latin1', 0, 1)] ?? [])));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = plainTarget({ id: 'impostor', name: 'impostor', port, database: 'x', user: 'ada', password: 'x' });
  return {
    target,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test.each([
  ['an error without its end', [message('N', 'SNOTICE\0MHello\0')], 'database-lost'],
  ['an error without anything', [message('E', '')], 'database-lost'],
  ['a question for Kerberos', [message('R', '\0\0\0\x07')], 'login-refused'],
  ['a question for a login that nobody knows', [message('R', '\0\0\0\x63')], 'database-lost'],
  ['a web server', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'database-lost'],
])('%s ends the connecting at once', async (_, answers, code) => {
  using server = await impostor(answers);
  await expect(connect(server.target)).rejects.toMatchObject({ code });
});

test('a row whose fields reach beyond it ends the session', async () => {
  using server = await impostor([...welcome, message('D', '\0\x14\0\0\0\x64')]);
  // It may come before the session is open, or after.
  const failure = await connect(server.target)
    .then((session) => session.client.query('SELECT 1'))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
});

test('bytes that are no message, right behind the end of a query, end the session, and nothing else', async () => {
  const row = message('D', '\0\x01\0\0\0\x01x');
  const end = [message('C', 'SELECT 1\0'), message('3', ''), message('Z', 'I'), Buffer.from('garbage garbage')];
  using server = await impostor(welcome, { P: [message('1', ''), message('2', '')], E: [row, ...end] });
  const session = await connect(server.target);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  session.client.once('end', resolve);
  const portal = await openPortal(session, { sql: 'SELECT 1', parameters: [], formats: [0], atOnce: true });
  expect(await portal.read({ row() {} })).toBe(1);
  await closed;
});
