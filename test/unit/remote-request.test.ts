import { describe, expect, test } from 'vitest';
import { parseLink, redactedLines, redirect, requestHead, strongEtag } from '../../electron/engine/remote/request.ts';

const identity = { finalUrl: '', size: 10, etag: '"v1"', lastModified: null, contentType: null };

describe('a request', () => {
  test('asks for stored bytes of one range, on the condition that fits', () => {
    const url = new URL('https://example.com:8443/a%20b?q=1#frag');
    const range = { start: 5, end: 9, identity, condition: 'if-match' as const };
    const lines = requestHead(url, { Referer: 'https://x/' }, range).split('\r\n');
    expect(lines[0]).toBe('GET /a%20b?q=1 HTTP/1.1');
    expect(lines).toContain('Host: example.com:8443');
    expect(lines).toContain('Accept-Encoding: identity');
    expect(lines).toContain('Referer: https://x/');
    expect(lines).toContain('Range: bytes=5-8');
    expect(lines).toContain('If-Match: "v1"');
    expect(lines.slice(-2)).toEqual(['', '']);
    const open = requestHead(url, {}, { ...range, end: null, condition: 'if-range' });
    expect(open).toContain('Range: bytes=5-\r\nIf-Range: "v1"');
  });

  test('has the strong date as its condition where there is no strong ETag, and never a weak one', () => {
    const dated = { ...identity, etag: 'W/"v1"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
    const ask = (condition: 'if-match' | 'if-range' | 'none', hasStrongDate: boolean, etag = dated.etag) =>
      requestHead(
        new URL('http://h/'),
        {},
        { start: 1, end: null, identity: { ...dated, etag }, hasStrongDate, condition },
      )
        .split('\r\n')
        .filter((line) => line.startsWith('If-'));
    expect(ask('if-match', true)).toEqual([`If-Unmodified-Since: ${dated.lastModified}`]);
    expect(ask('if-range', true)).toEqual([`If-Range: ${dated.lastModified}`]);
    expect(ask('none', true)).toEqual([]);
    expect(ask('if-match', false)).toEqual([]);
    expect(ask('if-range', false)).toEqual([]);
    expect(ask('if-match', true, '"v1"')).toEqual(['If-Match: "v1"']);
  });

  test('asks S3 for its checksum, unless a signature would not cover that', () => {
    const asks = (link: string, headers = {}) =>
      requestHead(new URL(link), headers, null).includes('x-amz-checksum-mode');
    expect(asks('https://bucket.s3.amazonaws.com/a')).toBe(true);
    expect(asks('https://s3.eu-central-1.amazonaws.com/bucket/a')).toBe(true);
    expect(asks('https://bucket.s3.eu-central-1.amazonaws.com/a?versionId=1')).toBe(true);
    expect(asks('https://bucket.s3.amazonaws.com/a?X-Amz-Signature=1')).toBe(false);
    expect(asks('https://bucket.s3.amazonaws.com/a?AWSAccessKeyId=1&Signature=1')).toBe(false);
    expect(asks('https://bucket.s3.amazonaws.com/a', { Authorization: 'AWS4-HMAC-SHA256 …' })).toBe(false);
    expect(asks('https://s3.amazonaws.com.evil.example/a')).toBe(false);
    expect(asks('https://ec2.amazonaws.com/a')).toBe(false);
  });

  test('a stray “%” in a login means itself, as people type it', () => {
    const head = requestHead(parseLink('http://me:100%@h/a'), {}, null);
    expect(head).toContain(`Authorization: Basic ${Buffer.from('me:100%').toString('base64')}`);
  });

  test('a weak or blank validator is never a condition (faults 26, 32)', () => {
    for (const etag of ['W/"v1"', '""', '', null]) {
      expect(strongEtag(etag)).toBeNull();
      const range = { start: 1, end: null, identity: { ...identity, etag }, condition: 'if-range' as const };
      expect(requestHead(new URL('http://h/'), {}, range)).not.toContain('If-');
    }
  });

  test('what a person sets never replaces what the transfer needs', () => {
    const headers = { Range: 'bytes=0-0', host: 'evil', 'accept-encoding': 'gzip', 'If-Match': '*' };
    const head = requestHead(new URL('http://h/'), headers, null);
    expect(head).toContain('Host: h\r\n');
    expect(head).toContain('Accept-Encoding: identity\r\n');
    expect(head).not.toMatch(/evil|gzip|bytes=0-0|If-Match/);
  });

  test('userinfo becomes a Basic login (RFC 7617) and is hidden where people look', () => {
    const head = requestHead(new URL('http://me:p%C3%A4ss@h/x?token=hush'), { Cookie: 'id=hush' }, null);
    expect(head).toContain(`Authorization: Basic ${Buffer.from('me:päss').toString('base64')}`);
    const shown = redactedLines(head).join('\n');
    expect(shown).not.toContain('hush');
    expect(shown).not.toContain('Basic');
  });

  test('a field that is no secret is shown, unless a login is in it', () => {
    const shown = (Referer: string) => redactedLines(requestHead(new URL('http://h/'), { Referer }, null)).join('\n');
    expect(shown('https://site.example/page')).toContain('Referer: https://site.example/page');
    expect(shown('https://me:hush@site.example/page')).toContain('Referer: ••••');
  });
});

describe('a link', () => {
  test.each([
    ['example.com/file'],
    ['not a url'],
    ['http://'],
    ['example.com:8080/x'],
    [''],
    ['localhost:8080'],
    ['localhost:80/x'],
  ])('%j is none', (text) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: 'not-a-url' }));
  });
  test.each([
    ['ftp://h/x'],
    ['file:///etc/passwd'],
    ['magnet:?xt=urn:btih:1'],
    ['mailto:me@a.example'],
    ['javascript:alert(1)'],
  ])('%j is of no scheme we read', (text) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: 'unsupported-scheme' }));
  });
  test('white space around is forgiven', () => {
    expect(parseLink('  https://example.com/x \n').href).toBe('https://example.com/x');
  });
});

describe('a redirect', () => {
  const from = new URL('https://me:secret@a.example/x');
  test('stays with credentials inside the origin', () => {
    const next = redirect(from, ['/y'], { Authorization: 'hush' });
    expect(next.url.href).toBe('https://me:secret@a.example/y');
    expect(next.headers).toEqual({ Authorization: 'hush' });
  });
  test('to another origin takes along nothing but what any stranger may see (RFC 9110 §15.4)', () => {
    const headers = { Authorization: 'hush', Cookie: 'hush', 'X-Token': 'hush', 'Accept-Language': 'de' };
    const next = redirect(from, ['https://b.example/y'], headers);
    expect(next.headers).toEqual({ 'Accept-Language': 'de' });
    expect(next.url.username).toBe('');
  });
  test.each([[[]], [['/a', '/b']], [['file:///etc/passwd']], [['javascript:alert(1)']], [['http://[bad']]])(
    'refuses %j',
    (locations) => {
      expect(() => redirect(from, locations, {})).toThrow(expect.objectContaining({ code: 'bad-redirect' }));
    },
  );
  test('never leads from https to http, but from a host of which the person allowed it', () => {
    const follow = (plainHttp?: string[]) => redirect(from, ['http://b.example/x'], { Cookie: 'hush' }, plainHttp);
    for (const plainHttp of [undefined, ['b.example'], ['example']]) {
      expect(() => follow(plainHttp)).toThrow(expect.objectContaining({ code: 'insecure-redirect' }));
    }
    const { url, headers } = follow(['a.example']);
    expect({ href: url.href, headers }).toEqual({ href: 'http://b.example/x', headers: {} });
    expect(() => redirect(from, ['file:///etc/passwd'], {}, ['a.example'])).toThrow(/redirects to nowhere/);
  });
});
