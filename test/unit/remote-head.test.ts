import { describe, expect, test } from 'vitest';
import { parseContentRange } from '../../electron/engine/remote/content-range.ts';
import { field, framing, headEnd, keepsAlive, parseHead } from '../../electron/engine/remote/response-head.ts';

const head = (...lines: string[]) => parseHead(lines.join('\r\n'), 'host');

describe('a response head (RFC 9112 §4, §5)', () => {
  test('status line and fields', () => {
    const parsed = head('HTTP/1.1 206 Partial Content', 'ETag: "a"', 'X:  spaced \t', 'Empty:');
    expect(parsed).toMatchObject({ status: 206, reason: 'Partial Content', minor: 1 });
    expect(field(parsed, 'etag')).toBe('"a"');
    expect(field(parsed, 'x')).toBe('spaced');
    expect(field(parsed, 'empty')).toBe('');
    expect(field(parsed, 'none')).toBeNull();
    expect(head('HTTP/1.0 200').reason).toBe('');
  });

  test.each([
    ['ICY 200 OK'],
    ['HTTP/2 200 OK'],
    ['HTTP/1.1 20 OK'],
    ['HTTP/1.1 2000 OK'],
    ['<html>'],
    [''],
    ['HTTP/1.1 200 OK', 'no colon'],
    ['HTTP/1.1 200 OK', ': no name'],
    ['HTTP/1.1 200 OK', 'space before : colon'],
    ['HTTP/1.1 200 OK', 'A: b', ' folded'],
    ['HTTP/1.1 200 OK', 'A: b\0c'],
  ])('refuses %j', (...lines) => {
    expect(() => head(...lines)).toThrow(expect.objectContaining({ code: 'bad-response' }));
  });
});

describe('the end of a head', () => {
  const endOf = (text: string) => headEnd(Buffer.from(text, 'latin1'));

  test('is its first empty line, whatever the lines end in (RFC 9112 §2.2)', () => {
    expect(endOf('HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody\n\n')).toBe(25);
    expect(endOf('HTTP/1.1 200 OK\nA: 1\n\nbody\r\n\r\n')).toBe(22);
    expect(endOf('HTTP/1.1 200 OK\r\nA: 1\r\n\nbody')).toBe(24);
  });

  test('is awaited', () => {
    expect(endOf('HTTP/1.1 200 OK\r\nA: 1\r\n\r')).toBe(-1);
    expect(endOf('HTTP/1.1 200 OK\r\nA: 1')).toBe(-1);
    expect(endOf('')).toBe(-1);
  });
});

describe('framing (RFC 9112 §6.3)', () => {
  const of = (...fields: string[]) => framing(head('HTTP/1.1 200 OK', ...fields), 'host');
  test('a length, said once or equally several times', () => {
    expect(of('Content-Length: 42')).toEqual({ kind: 'length', length: 42 });
    expect(of('Content-Length: 42', 'Content-Length: 42')).toEqual({ kind: 'length', length: 42 });
    expect(of('Content-Length: 42, 42')).toEqual({ kind: 'length', length: 42 });
  });
  test('a transfer coding wins over a length; without either the body ends with the connection', () => {
    expect(of('Content-Length: 42', 'Transfer-Encoding: chunked')).toEqual({ kind: 'chunked' });
    expect(of()).toEqual({ kind: 'close' });
  });
  test('no body where the status has none', () => {
    expect(framing(head('HTTP/1.1 304 Not Modified', 'Content-Length: 9'), 'host')).toEqual({
      kind: 'length',
      length: 0,
    });
  });
  test.each([['-1'], ['1e3'], ['0x10'], ['+5'], ['4 2'], ['99999999999999999999'], ['42, 43'], ['']])(
    'refuses the length %j',
    (value) => {
      expect(() => of(`Content-Length: ${value}`)).toThrow(expect.objectContaining({ code: 'bad-response' }));
    },
  );
  test.each([['gzip, chunked'], ['identity'], ['chunked, chunked']])('refuses the coding %j', (value) => {
    expect(() => of(`Transfer-Encoding: ${value}`)).toThrow(expect.objectContaining({ code: 'bad-response' }));
  });
});

test('keeping the connection (RFC 9112 §9.3)', () => {
  expect(keepsAlive(head('HTTP/1.1 200 OK'))).toBe(true);
  expect(keepsAlive(head('HTTP/1.1 200 OK', 'Connection: Close'))).toBe(false);
  expect(keepsAlive(head('HTTP/1.0 200 OK'))).toBe(false);
  expect(keepsAlive(head('HTTP/1.0 200 OK', 'Connection: keep-alive'))).toBe(true);
});

describe('Content-Range (RFC 9110 §14.4)', () => {
  test.each([
    ['bytes 0-9/10', { range: { start: 0, end: 10 }, total: 10 }],
    ['bytes=5-9/10', { range: { start: 5, end: 10 }, total: 10 }],
    ['0-9/10', { range: { start: 0, end: 10 }, total: 10 }],
    ['bytes 5-9/*', { range: { start: 5, end: 10 }, total: null }],
    ['bytes */10', { range: null, total: 10 }],
    ['*/*', { range: null, total: null }],
  ])('reads %j', (value, expected) => {
    expect(parseContentRange(value)).toEqual(expected);
  });
  test.each([
    ['bytes 0-/3'],
    ['bytes -0/3'],
    ['bytes 5-3/9'],
    ['bytes 0-10/10'],
    ['bytes 0-9/99999999999999999999'],
    [''],
  ])('refuses %j', (value) => {
    expect(parseContentRange(value)).toBeNull();
  });
});
