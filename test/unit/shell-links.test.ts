import { describe, expect, test } from 'vitest';
import { parseLink, parseLinks, webLink } from '../../electron/shell/links.ts';

describe('a link from outside', () => {
  test.each([
    ['https://example.com/a.iso', 'https://example.com/a.iso'],
    ['HTTP://Example.com/a b', 'http://example.com/a%20b'],
    ['sluice:https://example.com/a?b=c&d#e', 'https://example.com/a?b=c&d#e'],
    ['sluice://https://example.com/a', 'https://example.com/a'],
    ['sluice://https//example.com/a', 'https://example.com/a'],
    ['sluice:https%3A%2F%2Fexample.com%2Fa', 'https://example.com/a'],
    ['SLUICE:https://example.com/', 'https://example.com/'],
  ])('%s is %s', (text, link) => expect(parseLink(text)).toBe(link));

  test.each([
    'sluice:',
    'sluice://',
    'sluice:file:///etc/passwd',
    'sluice:javascript:alert(1)',
    'sluice:sluice:https://example.com/',
    'sluice:--home=/tmp',
    'sluice:%zz',
    'file:///etc/passwd',
    'ftp://example.com/a',
    'javascript:alert(1)',
    'https://',
    'https:// /',
    '--no-sandbox',
    '.',
    '/tmp/file',
    'C:\\file.exe',
    '',
    `https://example.com/${'a'.repeat(20_000)}`,
  ])('%s is none', (text) => expect(parseLink(text)).toBeNull());
});

test('arguments give their links, each once, and not without end', () => {
  expect(parseLinks(['.', '--home', '/x', 'https://a.example/', 'sluice:https://a.example/', 'junk'])).toEqual([
    'https://a.example/',
  ]);
  expect(parseLinks(Array.from({ length: 1000 }, (_, n) => `https://a.example/${n}`))).toHaveLength(100);
});

test('only http and https may be handed to a browser', () => {
  expect(webLink('https://example.com')).toBe('https://example.com/');
  for (const text of ['ms-msdt:/x', 'file:///a', 'sluice:https://a/', 'mailto:a@b', 'x'])
    expect(webLink(text)).toBeNull();
});
