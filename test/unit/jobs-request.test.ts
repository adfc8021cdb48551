import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseChecksum } from '../../electron/engine/jobs/checksum.ts';
import { parseRequest, parseTarget } from '../../electron/engine/jobs/request.ts';
import { checkSettings } from '../../electron/engine/jobs/settings.ts';
import type { DownloadRequest } from '../../shared/download.ts';
import { codeOf } from './jobs-world.ts';

const folder = tmpdir();
const parse = (request: Partial<DownloadRequest>) =>
  parseRequest({ url: 'https://example.com/a.zip', ...request }, folder, () => {});

describe('links', () => {
  test.each([
    ['', 'not-a-url'],
    ['hello', 'not-a-url'],
    ['//example.com/a', 'not-a-url'],
    ['/etc/passwd', 'not-a-url'],
    ['http://', 'not-a-url'],
    ['http://exa mple.com/', 'not-a-url'],
    ['example.com:8080', 'not-a-url'],
    ['ftp://example.com/a', 'unsupported-scheme'],
    ['file:///etc/passwd', 'unsupported-scheme'],
  ])('%j is refused: %s', (url, code) => {
    expect(codeOf(() => parse({ url }))).toBe(code);
  });

  test.each(['javascript:alert(1)', 'data:text/plain,x', 'blob:https://a/b'])('%s is refused', (url) => {
    expect(codeOf(() => parse({ url }))).toMatch(/not-a-url|unsupported-scheme/);
  });

  test('lose their fragment and their credentials, which become a field', () => {
    const target = parseTarget({ url: ' https://me%40home:p%C3%A4ss@example.com:8443/a?b=c#frag ' });
    expect(target.url).toBe('https://example.com:8443/a?b=c');
    expect(target.host).toBe('example.com:8443');
    expect(target.secrets).toEqual({ Authorization: `Basic ${Buffer.from('me@home:päss').toString('base64')}` });
  });

  test('an Authorization field that is given wins over the link', () => {
    const target = parseTarget({ url: 'https://me:p@example.com/', headers: { authorization: 'Bearer x' } });
    expect(target.secrets).toEqual({ authorization: 'Bearer x' });
    expect(target.url).toBe('https://example.com/');
  });
});

describe('header fields', () => {
  test('only those that are certainly no secret may be stored', () => {
    const given = {
      Referer: 'https://a.example/',
      'User-Agent': 'me',
      'Accept-Language': 'de',
      Cookie: 'session=1',
      'X-Api-Key': 'k',
      'X-Anything': 'v',
      'Proxy-Authorization': 'Basic x',
    };
    const { headers, secrets } = parseTarget({ url: 'https://example.com', headers: given });
    expect(Object.keys(headers)).toEqual(['Referer', 'User-Agent', 'Accept-Language']);
    expect({ ...headers, ...secrets }).toEqual(given);
  });

  test('a referer with credentials is a secret', () => {
    const { headers, secrets } = parseTarget({ url: 'https://h/', headers: { Referer: 'https://me:pw@h/' } });
    expect(headers).toEqual({});
    expect(secrets).toHaveProperty('Referer');
  });

  test.each<readonly [string, string]>([
    ['X', 'a\r\nHost: evil'],
    ['X', 'a\nb'],
    ['X', 'a\u0000'],
    ['X', 'snow ☃'],
    ['X\r\nEvil', 'a'],
    ['Bad Name', 'a'],
    ['', 'a'],
    ['Host', 'evil.example'],
    ['range', 'bytes=0-1'],
    ['If-Range', '"x"'],
    ['IF-MATCH', '"x"'],
    ['Connection', 'close'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '3'],
    ['Accept-Encoding', 'gzip'],
  ])('%j: %j is refused', (name, value) => {
    expect(codeOf(() => parse({ headers: { [name]: value } }))).toBe('bad-input');
  });
});

const hex = (digits: number) => 'aB'.repeat(digits / 2);
describe('checksums', () => {
  test.each([
    [`sha-256:${hex(64)}`, 'sha-256'],
    [`sha256:${hex(64)}`, 'sha-256'],
    [`SHA256 = ${hex(64)}`, 'sha-256'],
    [`  ${hex(64)}\n`, 'sha-256'],
    [hex(128), 'sha-512'],
    [`sha-512:${hex(128)}`, 'sha-512'],
    [hex(40), 'sha-1'],
    [`sha1:${hex(40)}`, 'sha-1'],
    [hex(32), 'md5'],
    [`md5:${hex(32)}`, 'md5'],
    [`sha-256=:${Buffer.from(hex(64), 'hex').toString('base64')}:`, 'sha-256'],
    [`sha-512=:${Buffer.from(hex(128), 'hex').toString('base64')}:`, 'sha-512'],
  ])('%s is read', (text, algorithm) => {
    const checksum = parseChecksum(text);
    expect(checksum.algorithm).toBe(algorithm);
    expect(checksum.value).toMatch(/^(?:ab)+$/);
  });

  test.each([
    'x',
    'sha-256:',
    'sha-256:zz',
    `sha-256:${hex(62)}`,
    `sha-256:${hex(40)}`,
    `md5:${hex(64)}`,
    `crc32:${hex(64)}`,
    `${hex(64)} file.zip`,
    'sha-256=:notbase64!:',
    'sha-256=:AAAA:',
  ])('%s is refused', (text) => {
    expect(codeOf(() => parse({ checksum: text }))).toBe('bad-checksum');
  });
});

describe('the rest', () => {
  test('a name is made safe, and wins over the link', () => {
    expect(parse({ name: '../x:y.zip' })).toMatchObject({ wantedName: '__x_y.zip', name: '__x_y.zip' });
    expect(parse({ name: '  ' })).toMatchObject({ wantedName: null, name: 'a.zip' });
  });

  test('a folder is checked as it was given, and kept without detours', () => {
    const seen: string[] = [];
    const request = { url: 'https://h/a', folder: join(folder, 'b', '..', 'c') };
    expect(parseRequest(request, folder, (path) => seen.push(path)).folder).toBe(join(folder, 'c'));
    parseRequest({ ...request, folder: 'relative' }, folder, (path) => seen.push(path));
    expect(seen).toEqual([join(folder, 'c'), 'relative']);
  });

  test.each([
    [{ limit: 0 }, 'bad-rate'],
    [{ limit: 1.5 }, 'bad-rate'],
    [{ connections: 0 }, 'bad-input'],
    [{ connections: 17 }, 'bad-input'],
  ])('%j is refused: %s', (request, code) => {
    expect(codeOf(() => parse(request))).toBe(code);
  });
});

describe('settings', () => {
  test.each([
    { maxActive: 0 },
    { maxActive: 101 },
    { maxActive: Number.NaN },
    { connections: 17 },
    { limit: 0 },
    { theme: 'pink' as 'dark' },
    { notifications: 1 as unknown as boolean },
    { folder: 3 as unknown as string },
  ])('%j is refused', (patch) => {
    expect(codeOf(() => checkSettings(patch))).toBe('bad-input');
  });

  test('what is unknown or undefined is left out', () => {
    const patch = { maxActive: 5, limit: null, nonsense: 1, theme: undefined };
    expect(checkSettings(patch as object)).toEqual({ maxActive: 5, limit: null });
  });
});
