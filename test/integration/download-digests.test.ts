/**
 * What proves a file without being asked for: digests that the server tells (RFC 9530, RFC 3230, S3's and Google's own
 * fields), and a file of checksums beside the link. Each with the file itself, and with one byte of it wrong.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedBytes } from '../servers/generated-bytes.ts';
import type { RangeServerOptions } from '../servers/range-server.ts';
import { drive, namesIn, openRoom, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const SIZE = 300_001;
const WRONG = 150_000;
const serve = rangeServers();

const digest = (algorithm: string) => createHash(algorithm).update(generatedBytes(1).read(0, SIZE));
const base64 = (algorithm: string) => digest(algorithm).digest('base64');
const hex = (algorithm: string) => digest(algorithm).digest('hex');

/** Turns one bit of the file over, on its way. */
function spoil(bytes: Buffer, position: number): void {
  const at = WRONG - position;
  if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 1;
}

describe('a digest that the server tells', () => {
  /** A Content-Digest speaks of the whole only where the whole is sent. */
  const whole = { ranges: false };
  test.each<[string, string, RangeServerOptions]>([
    ['sha-512', 'Repr-Digest', { fields: { 'Repr-Digest': `sha-512=:${base64('sha512')}:` } }],
    ['sha-256', 'Repr-Digest', { fields: { 'Repr-Digest': `sha-256=:${base64('sha256')}:` } }],
    ['sha-256', 'Content-Digest', { ...whole, fields: { 'Content-Digest': `sha-256=:${base64('sha256')}:` } }],
    ['sha-256', 'Digest', { fields: { Digest: `SHA-256=${base64('sha256')}` } }],
    ['sha-1', 'Digest', { fields: { Digest: `SHA=${base64('sha1')}` } }],
    ['md5', 'Digest', { fields: { Digest: `MD5=${base64('md5')}` } }],
    ['sha-256', 'x-amz-checksum-sha256', { fields: { 'x-amz-checksum-sha256': base64('sha256') } }],
    ['sha-1', 'x-amz-checksum-sha1', { fields: { 'x-amz-checksum-sha1': base64('sha1') } }],
    ['md5', 'x-goog-hash', { fields: { 'x-goog-hash': `md5=${base64('md5')}` } }],
  ])('%s in %s proves the file, and keeps a damaged one from its name', async (algorithm, _field, options) => {
    const server = await serve({ size: SIZE, ...options });
    await withFolder(async (folder) => {
      const { outcome, journal } = await drive(server.url, { folder, connections: 1 });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      expect(journal?.digest).toEqual({ algorithm, value: hex(algorithm.replace('-', '')) });
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    });
    server.set({ spoil });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, connections: 1 });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'checksum-mismatch' } });
      expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
    });
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-', 'bytes=0-']);
  });
});

describe('a file of checksums beside the link', () => {
  const suffixes = ['sha256', 'sha512', 'sha1', 'md5'];
  /** Has one of them, and none of the others. */
  const only = (suffix: string) =>
    serve({
      size: SIZE,
      intercept: ({ url = '' }, response) => {
        if (url === '/file.bin') return false;
        if (url.endsWith(`.${suffix}`)) response.end(`${hex(suffix)}  file.bin\n`);
        else response.writeHead(404).end();
        return true;
      },
    });

  test.each(suffixes)('.%s proves the file, and keeps a damaged one from its name', async (suffix) => {
    const server = await only(suffix);
    const options = { connections: 1, findChecksum: true };
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, ...options });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      const tried = suffixes.slice(0, suffixes.indexOf(suffix) + 1).map((one) => `/file.bin.${one}`);
      expect(server.requests.map(({ url }) => url)).toEqual(['/file.bin', ...tried]);
    });
    server.set({ spoil });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, ...options });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'checksum-mismatch' } });
      expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
    });
  });

  test('is not taken over plain http, though the file may be: whoever changed that would change it too', async () => {
    const plain = await only('sha256');
    const server = await serve({
      size: SIZE,
      tls: true,
      intercept: ({ url = '' }, response) => {
        response.writeHead(302, { location: new URL(url, plain.url).href, 'content-length': 0 }).end();
        return true;
      },
    });
    const room = await openRoom();
    try {
      await withFolder(async (folder) => {
        const options = { folder, room, connections: 1, findChecksum: true, plainHttp: ['127.0.0.1'] };
        const { outcome } = await drive(server.url, options);
        expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
        expect(await sha256Of(join(folder, 'file.bin'))).toBe(await plain.sha256());
        expect(plain.requests.map(({ url }) => url)).toEqual(['/file.bin']);
      });
    } finally {
      await room.close();
    }
  });
});
