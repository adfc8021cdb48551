import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectTapped, tapInto } from '../../electron/engine/database/tapped-socket.ts';

const server = createServer();
let socket: Socket;
/** The other end of it. */
let far: Socket;

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  socket = connectTapped({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  [far] = await accepted;
});
afterEach(async () => {
  socket.destroy();
  far.destroy();
  server.close();
  await once(server, 'close');
});

test('listeners get copies: what they keep is not overwritten by what comes later', async () => {
  const kept: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => kept.push(chunk));
  for (const text of ['first', 'other', 'third']) {
    const came = once(socket, 'data');
    far.write(text);
    await came;
  }
  expect(Buffer.concat(kept).toString()).toBe('firstotherthird');
});

test('a tap gets all that comes, alone, and nothing more until it wants it; then the listeners have it again', async () => {
  const heard: string[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
  const tapped: string[] = [];
  let came = Promise.withResolvers<void>();
  const isTapped = tapInto(socket, (chunk) => {
    tapped.push(chunk.toString());
    came.resolve();
    return false;
  });
  expect(isTapped).toBe(true);
  far.write('one');
  await came.promise;
  came = Promise.withResolvers();
  far.write('two');
  await once(socket.setTimeout(20), 'timeout');
  expect(tapped).toEqual(['one']);
  socket.resume();
  await came.promise;
  expect([tapped, heard]).toEqual([['one', 'two'], []]);

  tapInto(socket, null);
  socket.resume();
  const end = once(socket, 'end');
  far.end('three');
  await end;
  expect(heard.join('')).toBe('three');
});

test('another stream cannot be tapped', () => {
  expect(tapInto(new Duplex(), () => true)).toBe(false);
});
