import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { digestInText, digestOf } from '../../electron/engine/download/digests.ts';
import { parseHead } from '../../electron/engine/remote/response-head.ts';

const digest = (algorithm: string) => createHash(algorithm).update('hello');
const base64 = (algorithm: string) => digest(algorithm).digest('base64');
const hex = (algorithm: string) => digest(algorithm).digest('hex');
const told = (status: number, ...lines: string[]) =>
  digestOf(parseHead([`HTTP/1.1 ${status} X`, ...lines].join('\r\n'), 'h'));

describe('the digest that a server tells', () => {
  test.each([
    ['Repr-Digest', `Repr-Digest: sha-256=:${base64('sha256')}:`],
    ['the older Digest', `Digest: SHA-256=${base64('sha256')}`],
    ['S3', `x-amz-checksum-sha256: ${base64('sha256')}`],
    ['the strongest of several', `Repr-Digest: md5=:${base64('md5')}:, sha-256=:${base64('sha256')}:`],
  ])('%s, also on a part', (_name, line) => {
    expect(told(206, line)).toEqual({ algorithm: 'sha-256', value: hex('sha256') });
  });
  test('Google’s storage', () => {
    expect(told(200, `x-goog-hash: crc32c=AAAAAA==,md5=${base64('md5')}`)).toEqual({
      algorithm: 'md5',
      value: hex('md5'),
    });
  });
  test('Content-Digest speaks of the whole on a 200 only', () => {
    const line = `Content-Digest: sha-512=:${base64('sha512')}:`;
    expect(told(200, line)).toEqual({ algorithm: 'sha-512', value: hex('sha512') });
    expect(told(206, line)).toBeNull();
  });
  test.each([
    ['Repr-Digest: sha-256=:AAAA:'],
    ['Repr-Digest: unixsum=:30637:'],
    ['Repr-Digest: nonsense'],
    [`x-amz-checksum-sha256: ${base64('sha256')}-3`],
    ['ETag: "d41d8cd98f00b204e9800998ecf8427e"'],
  ])('%s is none', (line) => {
    expect(told(200, line)).toBeNull();
  });
  test('S3’s checksum of parts is none', () => {
    expect(told(200, `x-amz-checksum-sha256: ${base64('sha256')}`, 'x-amz-checksum-type: COMPOSITE')).toBeNull();
  });
});

describe('a file of checksums', () => {
  const line = `${hex('sha256')}  hello.iso`;
  test.each([
    ['of sha256sum', line],
    ['in binary mode', `${hex('sha256')} *hello.iso`],
    ['of many files', `${'0'.repeat(64)}  other.iso\n${line}\n`],
    ['with a folder', `${hex('sha256')}  ./dist/hello.iso`],
    ['bare', `${hex('sha256').toUpperCase()}\n`],
  ])('%s', (_name, text) => {
    expect(digestInText(text, 'hello.iso', 'sha-256')).toEqual({ algorithm: 'sha-256', value: hex('sha256') });
  });
  test.each([
    ['of another file', `${hex('sha256')}  other.iso`],
    ['of another algorithm', `${hex('md5')}  hello.iso`],
    ['a web page', '<html>404</html>'],
    ['empty', ''],
  ])('%s says nothing', (_name, text) => {
    expect(digestInText(text, 'hello.iso', 'sha-256')).toBeNull();
  });
});
