/** The token of a link is the only key: whoever has less than all of it has nothing, and learns nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../conformance/exchange.ts';
import { ask, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let path: string;
beforeEach(() => {
  serve = serving();
  path = join(serve.folder, 'data.txt');
  writeFileSync(path, 'shared');
});
afterEach(() => serve[Symbol.asyncDispose]());

const tokenOf = (link: URL) => link.pathname.split('/')[2] ?? '';
const told = ({ status, fields, body }: Answer) => ({ status, fields: { ...fields, date: '' }, body: body.toString() });

test('a token that is not wholly right is answered as one that never was, however near it is', async () => {
  const { link } = await serve.add({ kind: 'file', path });
  const { link: other } = await serve.add({ kind: 'file', path });
  const token = tokenOf(link);
  expect((await ask(link, link.pathname)).status).toBe(200);
  const never = told(await ask(link, `/s/${'A'.repeat(token.length)}/data.txt`));
  expect(never.status).toBe(404);
  const swap = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
  const near = [
    ...[0, 1, 20, token.length - 2].map(swap),
    token.slice(0, -1),
    token.slice(1),
    `${token}A`,
    `A${token}`,
    token.toLowerCase(),
    token.toUpperCase(),
    token.slice(0, 21) + tokenOf(other).slice(21),
    Buffer.from(token, 'base64url').toString('hex').slice(0, 64),
  ];
  for (const guess of near) {
    expect([guess, told(await ask(link, `/s/${guess}/data.txt`))]).toEqual([guess, never]);
  }
});

test('of 43 characters the last one too has to be right: no two spellings of one key', async () => {
  const { link } = await serve.add({ kind: 'file', path });
  const token = tokenOf(link);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const statuses = [];
  for (const last of alphabet) statuses.push((await ask(link, `/s/${token.slice(0, -1)}${last}/data.txt`)).status);
  // base64url has four spellings of a last character for the same bytes: the text is compared.
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
});

test('revoked, the same token is one that never was', async () => {
  const { link, id } = await serve.add({ kind: 'file', path });
  // Another keeps the door open.
  await serve.add({ kind: 'file', path });
  await serve.shares.revoke([id]);
  const never = told(await ask(link, `/s/${'A'.repeat(43)}/data.txt`));
  expect(told(await ask(link, link.pathname))).toEqual(never);
});
