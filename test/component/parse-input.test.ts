/** The smart box: links, lists of links, and curl commands as browsers and people write them. */
import { expect, test } from 'vitest';
import { parseInput } from '../../renderer/src/add/parse-input.ts';
import { parseCurl, splitWords } from '../../renderer/src/add/parse-curl.ts';

const requests = (text: string) => parseInput(text).map(({ request }) => request);
const codes = (text: string) => parseInput(text).map(({ failure }) => failure?.code ?? null);

test('a link, and several: by line, by blank, without repeats', () => {
  expect(requests('  https://a.example/x  ')).toEqual([{ url: 'https://a.example/x' }]);
  expect(requests('https://a.example/x\n\nhttps://b.example/y\r\nhttps://a.example/x')).toEqual([
    { url: 'https://a.example/x' },
    { url: 'https://b.example/y' },
  ]);
  expect(requests('https://a.example/x https://b.example/y')).toHaveLength(2);
  expect(parseInput('')).toEqual([]);
});

test('what is no link says so, each line on its own', () => {
  expect(codes('hello\nhttps://a.example/x\nftp://a.example\nmailto:me@a.example\nhttp://')).toEqual([
    'not-a-url',
    null,
    'unsupported-scheme',
    'unsupported-scheme',
    'not-a-url',
  ]);
});

test('words as a shell reads them', () => {
  expect(splitWords(`a 'b c' "d \\"e\\" $f" g\\ h 'i'"j"k $'l\\'m\\n\\u0041'`)).toEqual([
    'a',
    'b c',
    'd "e" $f',
    'g h',
    'ijk',
    "l'm\nA",
  ]);
});

test.for<readonly [string, unknown]>([
  ['curl https://a.example/x', { url: 'https://a.example/x' }],
  ['$ curl -L -O "https://a.example/x?a=1&b=2"', { url: 'https://a.example/x?a=1&b=2' }],
  [`curl -o out/name.zip https://a.example/x`, { url: 'https://a.example/x', name: 'name.zip' }],
  [`curl --url https://a.example/x --limit-rate 500K`, { url: 'https://a.example/x', limit: 500_000 }],
  [
    `curl 'https://a.example/x' -H 'X-Token: abc' --header="Referer: https://a.example" -A 'Agent 1'`,
    {
      url: 'https://a.example/x',
      headers: { 'X-Token': 'abc', Referer: 'https://a.example', 'User-Agent': 'Agent 1' },
    },
  ],
  [
    `curl -u ada:lovelace https://a.example/x`,
    { url: 'https://a.example/x', headers: { Authorization: 'Basic YWRhOmxvdmVsYWNl' } },
  ],
  [
    `curl https://a.example/x -H 'Range: bytes=0-' -H 'Host: b.example' -H 'If-None-Match: "x"' -H 'Accept: */*'`,
    { url: 'https://a.example/x', headers: { Accept: '*/*' } },
  ],
  ['curl -C - -m 30 --retry 5 -sS https://a.example/x', { url: 'https://a.example/x' }],
])('%s', ([line, request]) => {
  expect(parseCurl(line)).toEqual({ request });
});

test.for([
  [`curl -X POST https://a.example/x`, 'asks with POST'],
  [`curl https://a.example/x -d 'a=1'`, 'sends data'],
  [`curl https://a.example/x --data-raw='a=1'`, 'sends data'],
  [`curl -L`, 'no link'],
] as const)('%s is refused in words', ([line, words]) => {
  const result = parseCurl(line);
  expect('failure' in result && result.failure.message).toContain(words);
});

test('a command that goes on over lines, among links', () => {
  expect(requests(`https://a.example/x\ncurl 'https://b.example/y' \\\n  -H 'Referer: https://b.example'\n`)).toEqual([
    { url: 'https://a.example/x' },
    { url: 'https://b.example/y', headers: { Referer: 'https://b.example' } },
  ]);
});
