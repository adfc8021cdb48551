/** A share with a password: programs say it with every request, browsers once on a page. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { converse } from '../conformance/exchange.ts';
import { ask, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let link: URL;
let id: string;
beforeEach(async () => {
  serve = serving();
  const path = join(serve.folder, 'data.txt');
  writeFileSync(path, 'secret');
  ({ link, id } = await serve.add({ kind: 'file', path }, { name: '<b>Papers</b>' }, 'pässword'));
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

const basic = (password: string) => `Authorization: Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

function login(password: string): Promise<Response> {
  const body = new URLSearchParams({ password });
  return fetch(link, { method: 'POST', body, redirect: 'manual', headers: { Accept: 'text/html' } });
}

test('a program without the password gets 401 and the way to say it', async () => {
  const answer = await ask(link, link.pathname);
  expect(answer.status).toBe(401);
  expect(answer.fields['www-authenticate']).toMatch(/^Basic /);
  expect(answer.body.toString()).not.toContain('secret');
});

test('with Basic it gets the file, and ranges of it', async () => {
  expect((await ask(link, link.pathname, basic('pässword'))).body.toString()).toBe('secret');
  expect((await ask(link, link.pathname, basic('pässword'), 'Range: bytes=0-2')).body.toString()).toBe('sec');
});

test.each(['', 'password', 'pässword ', 'PÄSSWORD'])('“%s” is not it', async (password) => {
  expect((await ask(link, link.pathname, basic(password))).status).toBe(401);
});

test('a browser gets a page that asks, with the name as text', async () => {
  const answer = await ask(link, link.pathname, 'Accept: text/html');
  expect(answer.status).toBe(403);
  expect(answer.fields['content-security-policy']).toContain("default-src 'none'");
  expect(answer.body.toString()).toContain('&lt;b&gt;Papers&lt;/b&gt;');
  expect(answer.body.toString()).not.toContain('<b>');
});

test.each(['text/html;q=0, */*', '*/*', 'image/avif,image/webp,*/*;q=0.8'])(
  'whoever does not ask for a page (Accept: %s) gets none',
  async (accept) => {
    expect((await ask(link, link.pathname, `Accept: ${accept}`)).status).toBe(401);
  },
);

test('the page’s answer is a cookie for this share only, that no script and no other site can use', async () => {
  const response = await login('pässword');
  expect(response.status).toBe(303);
  const cookie = response.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  expect(cookie).toContain(`Path=/s/${link.pathname.split('/')[2]}`);
  const value = cookie.split(';')[0] ?? '';
  expect((await ask(link, link.pathname, `Cookie: a=b; ${value}`)).body.toString()).toBe('secret');
  expect((await ask(link, link.pathname, `Cookie: ${value}x`)).status).toBe(401);
  // Another share does not know it.
  const other = join(serve.folder, 'other.txt');
  writeFileSync(other, 'other');
  const second = await serve.add({ kind: 'file', path: other }, {}, 'pässword');
  expect((await ask(second.link, second.link.pathname, `Cookie: ${value}`)).status).toBe(401);
});

test('a sender who waits to be told to go on is told so at the login', async () => {
  const body = new URLSearchParams({ password: 'pässword' }).toString();
  const socket = connect(Number(link.port), link.hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const fields = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
  socket.write(
    [`POST ${link.pathname} HTTP/1.1`, `Host: ${link.host}`, ...fields, 'Expect: 100-continue\r\n\r\n'].join('\r\n'),
  );
  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 100 /);
  socket.write(body);
  await expect.poll(() => text).toContain('HTTP/1.1 303 ');
  socket.destroy();
});

test('a share that is revoked while a password is checked is not served any more', async () => {
  // Another keeps the door open.
  await serve.add({ kind: 'file', path: join(serve.folder, 'data.txt') });
  // The turn after the request has come: scrypt works in another thread, and is heard of in a later one.
  const arrived = () => void setImmediate(() => void serve.shares.revoke([id]));
  subscribe('http.server.request.start', arrived);
  const answer = await ask(link, link.pathname, basic('pässword'));
  unsubscribe('http.server.request.start', arrived);
  expect(answer.status).toBe(404);
});

test('a new password ends what was let in with the old one', async () => {
  const value = ((await login('pässword')).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  await serve.shares.change(id, {}, 'another');
  expect((await ask(link, link.pathname, `Cookie: ${value}`)).status).toBe(401);
  expect((await ask(link, link.pathname, basic('pässword'))).status).toBe(401);
  expect((await ask(link, link.pathname, basic('another'))).status).toBe(200);
  await serve.shares.change(id, {}, null);
  expect((await ask(link, link.pathname)).status).toBe(200);
});

test('whoever guesses has to wait, and then even the right one does', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) statuses.push((await ask(link, link.pathname, basic(`guess ${n}`))).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  expect((await login('pässword')).status).toBe(429);
});

test('a program with many connections says its password on all of them at once', async () => {
  const answers = await Promise.all(Array.from({ length: 16 }, () => ask(link, link.pathname, basic('pässword'))));
  expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
});

test('a login page of another site is refused', async () => {
  const body = new URLSearchParams({ password: 'pässword' });
  const response = await fetch(link, { method: 'POST', body, headers: { Origin: 'https://evil.example' } });
  expect(response.status).toBe(403);
});

test('the password is kept as a hash only', () => {
  expect(JSON.stringify(serve.world.documents.all())).not.toContain('pässword');
  expect(serve.shares.list()[0]).toMatchObject({ hasPassword: true });
  expect(JSON.stringify(serve.shares.list())).not.toContain('pässword');
});

test('the owner sees who tried it in vain, in bounded memory, and what was read stays in sight', async () => {
  await ask(link, link.pathname, basic('pässword'));
  await ask(link, link.pathname.replace('data.txt', 'other.txt'), basic('pässword'));
  await ask(link, link.pathname);
  for (let n = 0; n < 3; n += 1) await ask(link, link.pathname, basic(`wrong ${n}`));
  await login('wrong');
  const rebinding = [`GET ${link.pathname} HTTP/1.1`, 'Host: evil.example', 'Connection: close', '', ''].join('\r\n');
  for (let n = 0; n < 250; n += 1) await converse(Number(link.port), rebinding);
  // Of links that are none nobody is told.
  await ask(link, `/s/${'a'.repeat(43)}/data.txt`);
  const seen = serve.shares.detail(id).log.map(({ status, sent, times }) => ({ status, sent, times }));
  expect(seen).toEqual([
    { status: 200, sent: 6, times: undefined },
    { status: 404, sent: 0, times: undefined },
    { status: 401, sent: 0, times: 4 },
    { status: 403, sent: 0, times: 1 },
    { status: 421, sent: 0, times: 250 },
  ]);
  expect(JSON.stringify(serve.shares.detail(id).log)).not.toMatch(/wrong|pässword/);
});
