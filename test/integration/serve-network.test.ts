/** Sharing to the network is deliberate: only then is there anything to reach, and only what was shared so. */
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { Announced } from '../../electron/engine/serve/announcement.ts';
import { localName } from '../../electron/engine/serve/faces.ts';
import { converse } from '../conformance/exchange.ts';
import { ask, serving, type Serving } from './serve-harness.ts';
import { upstreams } from './serve-upstreams.ts';

let serve: Serving;
let announced: readonly Announced[] = [];
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

/** What the machine is like: 127.0.0.2 stands for an address of the network. */
const machine = { https: false, addresses: ['127.0.0.2'] };

function start(https = false): string {
  announced = [];
  Object.assign(machine, { https, addresses: ['127.0.0.2'] });
  const announcer = () => ({
    announce(services: readonly Announced[]) {
      announced = services;
    },
    close: () => Promise.resolve(),
  });
  serve = serving(
    {
      addresses: () => machine.addresses.map((address) => ({ address, interface: 'test' })),
      announcer,
      look: 50,
    },
    { https: () => machine.https },
  );
  const path = join(serve.folder, 'data.txt');
  writeFileSync(path, 'shared');
  return path;
}

test('what is shared on this computer is not reachable from the network, not even with its link', async () => {
  const path = start();
  const { link } = await serve.add({ kind: 'file', path });
  expect(link.hostname).toBe('127.0.0.1');
  await expect(ask(new URL(`http://127.0.0.2:${link.port}/`), link.pathname)).rejects.toThrow('No answer');
  // Also while another share opens that door.
  const open = await serve.add({ kind: 'file', path }, { audience: 'network' });
  expect((await ask(open.link, open.link.pathname)).body.toString()).toBe('shared');
  expect((await ask(open.link, link.pathname)).status).toBe(404);
});

test('the door to the network closes with the last share that needs it', async () => {
  const path = start();
  const { link, id } = await serve.add({ kind: 'file', path }, { audience: 'network' });
  expect(link.hostname).toBe('127.0.0.2');
  await serve.shares.change(id, { audience: 'this-computer' });
  await expect(ask(link, link.pathname)).rejects.toThrow('No answer');
});

test('Host has to be the address or the name that was given out', async () => {
  const path = start();
  const { link } = await serve.add({ kind: 'file', path }, { audience: 'network' });
  const status = async (host: string) => {
    const text = `GET ${link.pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return (await converse(Number(link.port), text, { address: link.hostname })).answers[0]?.status;
  };
  expect(await status(link.host)).toBe(200);
  expect(await status(`${localName()}:${link.port}`)).toBe(200);
  for (const host of [
    'evil.example',
    `evil.example:${link.port}`,
    `127.0.0.1:${link.port}`,
    `localhost:${link.port}`,
  ]) {
    expect([host, await status(host)]).toEqual([host, 421]);
  }
});

test('mDNS says that something is there; a path only where a password guards it', async () => {
  const path = start();
  await serve.add({ kind: 'file', path }, { name: 'Open' });
  expect(announced).toEqual([]);
  const { link } = await serve.add({ kind: 'file', path }, { name: 'Film', audience: 'network' });
  expect(announced).toHaveLength(1);
  expect(announced[0]).toMatchObject({ port: Number(link.port), secure: false, host: localName(), path: null });
  expect(announced[0]?.name).toMatch(/^Film/);
  expect(JSON.stringify(announced)).not.toContain(link.pathname.split('/')[2]);
  const guarded = await serve.add({ kind: 'file', path }, { name: 'Papers', audience: 'network' }, 'pass');
  expect(announced[1]?.path).toBe(guarded.link.pathname.replace(/[^/]*$/, ''));
});

/** Asks over TLS without trust, and says which certificate it met. */
function asked(link: URL): Promise<{ status: number; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const request = get(link, { rejectUnauthorized: false, agent: false }, (response) => {
      const socket = response.socket as TLSSocket;
      resolve({ status: response.statusCode ?? 0, fingerprint: socket.getPeerCertificate().fingerprint256 });
      response.resume();
    });
    request.on('error', reject);
  });
}

test('with HTTPS the network is served under a certificate whose fingerprint is shown', async () => {
  const path = start(true);
  const { link } = await serve.add({ kind: 'file', path }, { audience: 'network' });
  expect(link.protocol).toBe('https:');
  const { fingerprint, https } = serve.shares.network();
  expect(https).toBe(true);
  const seen = await asked(link);
  expect(seen).toEqual({ status: 200, fingerprint });
  // This computer goes on without.
  expect(serve.shares.list()[0]?.links.at(-1)).toMatch(/^http:\/\/127\.0\.0\.1:/);
});

test('an answer to HTTP/1.0 that breaks off under HTTPS ends its own connection only', async () => {
  start(true);
  const remotes = upstreams();
  const remote = await remotes.start((_request, response) => {
    response.writeHead(200);
    response.write('half', () => response.destroy());
  });
  const { link } = await serve.add({ kind: 'remote', url: `${remote}/live`, cache: 0 }, { audience: 'network' });
  for (let n = 0; n < 2; n += 1) {
    const socket = connect({ port: Number(link.port), host: link.hostname, rejectUnauthorized: false });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.write(`GET ${link.pathname} HTTP/1.0\r\nHost: ${link.host}\r\n\r\n`);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*half$/);
  }
  remotes.close();
});

test('the switch to HTTPS holds at once for shares that are on, and back', async () => {
  const path = start();
  const { link } = await serve.add({ kind: 'file', path }, { audience: 'network' });
  expect(serve.shares.network()).toMatchObject({ https: false, fingerprint: null });
  machine.https = true;
  // Nobody is told of what does not hold yet.
  expect(serve.shares.network().https).toBe(false);
  await serve.shares.refresh();
  const secure = new URL(serve.shares.list()[0]?.links[0] ?? '');
  expect(secure.protocol).toBe('https:');
  const { https, fingerprint } = serve.shares.network();
  expect(https).toBe(true);
  expect(await asked(secure)).toEqual({ status: 200, fingerprint });
  await expect(ask(link, link.pathname)).rejects.toThrow('No answer');
  expect(announced).toMatchObject([{ secure: true, port: Number(secure.port) }]);
  machine.https = false;
  await serve.shares.refresh();
  const plain = new URL(serve.shares.list()[0]?.links[0] ?? '');
  expect((await ask(plain, plain.pathname)).status).toBe(200);
  expect(serve.shares.network()).toMatchObject({ https: false, fingerprint: null });
});

test('where this computer comes to another network, its links follow, all under one certificate', async () => {
  const path = start(true);
  const { link } = await serve.add({ kind: 'file', path }, { audience: 'network' });
  const told: string[] = [];
  const stop = serve.shares.subscribe(([share]) => void told.push(share?.links[0] ?? ''));
  machine.addresses = ['127.0.0.2', '127.0.0.3'];
  await expect.poll(() => serve.shares.list()[0]?.links.some((one) => one.includes('127.0.0.3'))).toBe(true);
  const { fingerprint } = serve.shares.network();
  for (const one of serve.shares.list()[0]?.links.filter((found) => found.startsWith('https://127')) ?? []) {
    expect(await asked(new URL(one))).toEqual({ status: 200, fingerprint });
  }
  machine.addresses = ['127.0.0.3'];
  await expect.poll(() => told.at(-1)).toMatch(/^https:\/\/127\.0\.0\.3:/);
  stop();
  await expect(asked(link)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const moved = new URL(told.at(-1) ?? '');
  expect((await asked(moved)).status).toBe(200);
});

test('a page of another site can neither read nor change anything', async () => {
  const path = start();
  const { link } = await serve.add({ kind: 'file', path });
  const read = await ask(link, link.pathname, 'Origin: https://evil.example');
  expect(read.fields['access-control-allow-origin']).toBeUndefined();
  expect(read.fields['cross-origin-resource-policy']).toBe('same-origin');
  const change = `DELETE ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n`;
  expect((await converse(Number(link.port), change)).answers[0]?.status).toBe(403);
});

test('a port that was asked for is that port, or a failure that names it', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  serve = serving({}, { port });
  const path = join(serve.folder, 'data.txt');
  writeFileSync(path, 'shared');
  await expect(serve.add({ kind: 'file', path })).rejects.toMatchObject({
    code: 'port-taken',
    failure: { params: { port } },
  });
  expect(serve.shares.list()).toEqual([]);
  taken.close();
  await once(taken, 'close');
  expect((await serve.add({ kind: 'file', path })).link.port).toBe(String(port));
});

test('a port that is taken is replaced by another', async () => {
  const path = start();
  const { link } = await serve.add({ kind: 'file', path });
  await serve.shares.close();
  const taken = createServer().listen(Number(link.port), '127.0.0.1');
  await once(taken, 'listening');
  const again = await serve.reopen();
  await expect.poll(() => again.list()[0]?.links.length).toBe(1);
  expect(new URL(again.list()[0]?.links[0] ?? '').port).not.toBe(String((taken.address() as AddressInfo).port));
  taken.close();
});
