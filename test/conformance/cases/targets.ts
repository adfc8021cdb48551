/** Targets that must lead nowhere, and what content may do in a browser. */
import { get, lines, request, table, type Case, type Expected } from '../case.ts';

const nowhere: Expected = { status: [400, 403, 404, 421], body: 'error', fields: { 'content-range': null } };
const at = (target: string) => lines(`GET ${target} HTTP/1.1`, 'Host: {host}', 'Connection: close');

export const targetCases: readonly Case[] = [
  ...table('traversal', '3986 §6.2.2', 'must', [
    ['Dots', at('/../../../../etc/passwd'), nowhere],
    ['Dots after the file', at('{path}/../../../../../etc/passwd'), nowhere],
    ['Encoded dots', at('/%2e%2e/%2e%2e/etc/passwd'), nowhere],
    ['Encoded slashes', at('/..%2f..%2f..%2fetc%2fpasswd'), nowhere],
    ['Encoded twice', at('/%252e%252e/%252e%252e/etc/passwd'), nowhere],
    ['Overlong UTF-8', at('/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd'), nowhere],
    ['Backslashes', at('/..\\..\\..\\etc\\passwd'), nowhere],
    ['Encoded backslashes', at('/..%5c..%5c..%5cetc%5cpasswd'), nowhere],
    ['Dots with a semicolon', at('/..;/..;/etc/passwd'), nowhere],
    ['Two slashes first', at('//etc/passwd'), nowhere],
    ['A NUL', at('{path}%00.txt'), nowhere],
    ['A line end', at('{path}%0d%0aX-Injected:%201'), { ...nowhere, fields: { 'x-injected': null } }],
    ['A drive letter', at('/C:/Windows/win.ini'), nowhere],
    ['A device', at('/dev/zero'), nowhere],
    ['A broken escape', at('{path}%'), nowhere],
    ['An escape that is no hexadecimal', at('{path}%zz'), nowhere],
  ]),
  ...table('names', '3986 §3.3', 'must', [
    ['A slash after a file', at('{path}/'), nowhere, 'A file has one name.'],
    ['A dot after a file', at('{path}.'), nowhere],
    ['A space after a file', at('{path}%20'), nowhere],
    ['An alternate data stream', at('{path}::$DATA'), nowhere],
    ['A name that is not there', at('{path}x'), nowhere],
    ['The name in capitals', lines('GET /DATA.BIN HTTP/1.1', 'Host: {host}', 'Connection: close'), nowhere],
  ]),
  ...table('safe-fields', 'serving.md', 'choice', [
    [
      'No sniffing',
      get(),
      { status: [200], fields: { 'x-content-type-options': 'nosniff' } },
      'A browser must not take bytes for a page.',
    ],
    [
      'No Referer',
      get(),
      { status: [200], fields: { 'referrer-policy': 'no-referrer' } },
      'The link is the key to the share.',
    ],
    [
      'No CORS',
      get('Origin: https://evil.example'),
      { status: [200], fields: { 'access-control-allow-origin': null } },
    ],
    [
      'No CORS preflight',
      request('OPTIONS', 'Origin: https://evil.example', 'Access-Control-Request-Method: GET'),
      { status: [200, 204, 403, 405], fields: { 'access-control-allow-origin': null } },
    ],
    ['A file name', get(), { status: [200], fields: { 'content-disposition': /data\.bin/ } }, 'Saved under its name.'],
    [
      'Revalidated',
      get(),
      { status: [200], fields: { 'cache-control': /no-cache|no-store/ } },
      'A share may end or change at any time.',
    ],
  ]),
  ...table(
    'active-html',
    'serving.md',
    'choice',
    [
      [
        'A page is sandboxed',
        get(),
        { status: [200], fields: { 'content-security-policy': /^sandbox;/ } },
        'A shared page must not act with the rights of our own.',
      ],
      [
        'A part of a page is too',
        get('Range: bytes=0-9'),
        { status: [206], fields: { 'content-security-policy': /^sandbox;/ } },
        'A shared page must not act with the rights of our own.',
      ],
    ],
    'page.html',
  ),
  ...table(
    'active-svg',
    'serving.md',
    'choice',
    [
      [
        'An SVG is sandboxed',
        get(),
        { status: [200], fields: { 'content-security-policy': /^sandbox;/ } },
        'A drawing may hold scripts.',
      ],
    ],
    'vector.svg',
  ),
];
