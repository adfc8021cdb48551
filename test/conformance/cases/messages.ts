/** Methods, heads and framing (RFC 9110 §9, §10; RFC 9112). */
import { get, lines, part, request, SIZE, table, whole, type Case, type Expected } from '../case.ts';

const bad: Expected = { status: [400], body: 'error', closes: true };
const refused: Expected = { status: [400, 505, 0], body: 'error', closes: true };
const notAllowed: Expected = { status: [405], body: 'error', fields: { allow: /GET.*HEAD/ } };
const head: Expected = { status: [200], body: 'empty', fields: { 'content-length': String(SIZE) } };
const raw = (...all: string[]) => lines(...all);
const first = 'GET {path} HTTP/1.1';
const long = 'x'.repeat(70_000);

/** Several requests on one connection, and what is answered to each. */
function sequence(
  id: string,
  rfc: string,
  title: string,
  send: string,
  answers: readonly Expected[],
  why?: string,
): Case {
  const base = { id, rfc, level: 'must', title, file: 'data.bin', send, answers: answers.map((one) => [one]) } as const;
  return why === undefined ? base : { ...base, why };
}

const keep = (method: string, ...fields: string[]) => raw(`${method} {path} HTTP/1.1`, 'Host: {host}', ...fields);

/** A GET of the file, from a host of this name. */
const toHost = (host: string) => raw(first, `Host: ${host}`, 'Connection: close');
const misdirected: Expected = { status: [421, 403], body: 'error' };
/** What may be called no host at all, too. */
const noHostOfOurs: Expected = { status: [400, 421, 403], body: 'error' };

export const messageCases: readonly Case[] = [
  ...table('get', '9110 §9.3.1', 'must', [
    ['GET', get(), whole],
    [
      'GET has its length',
      get(),
      { status: [200], fields: { 'content-length': String(SIZE), 'transfer-encoding': null } },
    ],
    ['GET has a Date', get(), { status: [200], fields: { date: /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/ } }],
    ['GET has a media type', get(), { status: [200], fields: { 'content-type': /^[\w.+-]+\/[\w.+-]+/ } }],
    ['GET with a body', `${request('GET', 'Content-Length: 5')}hello`, [whole, { status: [400, 413] }]],
    ['A query that nobody knows', lines('GET {path}?a=b&c HTTP/1.1', 'Host: {host}', 'Connection: close'), whole],
  ]),
  ...table('head', '9110 §9.3.2', 'must', [
    ['HEAD', request('HEAD'), head],
    [
      'HEAD has the fields of GET',
      request('HEAD'),
      { status: [200], fields: { etag: /"/, 'last-modified': /GMT$/, 'content-type': /./ } },
    ],
  ]),
  ...table('methods', '9110 §15.5.6', 'must', [
    ['POST', request('POST', 'Content-Length: 0'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['PUT', request('PUT', 'Content-Length: 0'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['DELETE', request('DELETE'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['PATCH', request('PATCH', 'Content-Length: 0'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['PROPFIND', request('PROPFIND', 'Depth: 1'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['MKCOL', request('MKCOL'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['MOVE', request('MOVE', 'Destination: /x'), notAllowed, 'A 405 says what is allowed in Allow.'],
    ['TRACE', request('TRACE'), { status: [405, 501], body: 'error' }],
    [
      'PUT with a body',
      `${request('PUT', 'Content-Length: 5')}hello`,
      notAllowed,
      'A 405 says what is allowed in Allow.',
    ],
    [
      'PUT with a range',
      request('PUT', 'Content-Length: 0', 'Range: bytes=0-9'),
      notAllowed,
      'A 405 says what is allowed in Allow.',
    ],
  ]),
  ...table('unknown-method', '9110 §15.6.2', 'should', [
    ['A method that nobody knows', request('FROB'), { status: [405, 501, 400], body: 'error' }],
    [
      'A method in lower case',
      request('get'),
      { status: [405, 501, 400], body: 'error' },
      'Methods are case-sensitive.',
    ],
  ]),
  ...table('options', '9110 §9.3.7', 'should', [
    ['OPTIONS of a file', request('OPTIONS'), { status: [200, 204], fields: { allow: /GET/ } }],
    [
      'OPTIONS of the server',
      lines('OPTIONS * HTTP/1.1', 'Host: {host}', 'Connection: close'),
      { status: [200, 204], fields: { allow: /GET/ } },
    ],
  ]),
  ...table('connect', '9110 §9.3.6', 'must', [
    [
      'CONNECT elsewhere',
      lines('CONNECT example.com:443 HTTP/1.1', 'Host: example.com:443'),
      { status: [400, 403, 405, 421, 501], body: 'error' },
    ],
    [
      'CONNECT here',
      lines('CONNECT {host} HTTP/1.1', 'Host: {host}'),
      { status: [400, 403, 405, 421, 501], body: 'error' },
    ],
  ]),
  ...table('host', '9112 §3.2', 'must', [
    ['No Host', raw(first, 'Connection: close'), bad],
    ['Two Host fields', raw(first, 'Host: {host}', 'Host: {host}', 'Connection: close'), bad],
    ['Two different Host fields', raw(first, 'Host: {host}', 'Host: evil.example', 'Connection: close'), bad],
    ['A Host that is none', toHost('a b'), { status: [400, 421], body: 'error' }],
  ]),
  ...table('host-name', '9110 §7.4', 'choice', [
    ['The name localhost', toHost('localhost:{port}'), whole],
    [
      'A name of somebody else',
      toHost('evil.example'),
      misdirected,
      'A page whose name was rebound to this address sends its own name: it gets nothing (DNS rebinding).',
    ],
    [
      'A name of somebody else with our port',
      toHost('evil.example:{port}'),
      misdirected,
      'A page whose name was rebound to this address sends its own name: it gets nothing (DNS rebinding).',
    ],
    [
      'A name that resolves to here',
      toHost('127.0.0.1.nip.io:{port}'),
      misdirected,
      'Names like these exist to reach local servers.',
    ],
    ['Our address, another port', toHost('127.0.0.1:1'), misdirected, 'The link names a port.'],
    ['Our address in another spelling', toHost('2130706433:{port}'), noHostOfOurs, 'A link has one spelling.'],
    [
      'An empty Host',
      raw(first, 'Host:', 'Connection: close'),
      noHostOfOurs,
      'The links that are given out name a host.',
    ],
    ['Userinfo in Host', toHost('{host}@evil.example'), noHostOfOurs],
  ]),
  ...table('absolute', '9112 §3.2.2', 'must', [
    [
      'The absolute form',
      raw('GET http://{host}{path} HTTP/1.1', 'Host: {host}', 'Connection: close'),
      whole,
      'Servers accept the absolute form.',
    ],
    [
      'The absolute form with a range',
      raw('GET http://{host}{path} HTTP/1.1', 'Host: {host}', 'Connection: close', 'Range: bytes=0-9'),
      part(0, 10),
    ],
  ]),
  ...table('absolute-foreign', '9110 §7.4', 'choice', [
    [
      'The absolute form of another host',
      raw('GET http://evil.example{path} HTTP/1.1', 'Host: {host}', 'Connection: close'),
      noHostOfOurs,
      'No proxy, and no other site.',
    ],
    [
      'The absolute form, another Host',
      raw('GET http://{host}{path} HTTP/1.1', 'Host: evil.example', 'Connection: close'),
      [noHostOfOurs],
      'The target wins over Host (§3.2.2), but no honest client says two things.',
    ],
    [
      'Userinfo in the target',
      raw('GET http://{host}@evil.example{path} HTTP/1.1', 'Host: {host}', 'Connection: close'),
      noHostOfOurs,
    ],
    [
      'A file: target',
      raw('GET file:///etc/passwd HTTP/1.1', 'Host: {host}', 'Connection: close'),
      { status: [400, 421, 403, 404], body: 'error' },
    ],
  ]),
  ...table('request-line', '9112 §3', 'must', [
    [
      'No version',
      raw('GET {path}', 'Host: {host}'),
      [refused, { status: [200] }],
      'HTTP/0.9 may be spoken, but need not.',
    ],
    [
      'HTTP/2.0',
      raw('GET {path} HTTP/2.0', 'Host: {host}', 'Connection: close'),
      { status: [400, 505], body: 'error' },
    ],
    [
      'HTTP/9.9',
      raw('GET {path} HTTP/9.9', 'Host: {host}', 'Connection: close'),
      { status: [400, 505], body: 'error' },
    ],
    [
      'A version that is none',
      raw('GET {path} HTTX/1.1', 'Host: {host}', 'Connection: close'),
      { status: [400, 505], body: 'error' },
    ],
    [
      'A space in the target',
      raw('GET {path} x HTTP/1.1', 'Host: {host}', 'Connection: close'),
      { status: [400, 404, 505], body: 'error' },
    ],
    [
      'A target without a slash',
      raw('GET data.bin HTTP/1.1', 'Host: {host}', 'Connection: close'),
      { status: [400, 404], body: 'error' },
    ],
    ['An empty line first', `\r\n${get()}`, whole, 'One empty line before a request is passed over (§2.2).'],
    [
      'A fragment in the target',
      raw('GET {path}#x HTTP/1.1', 'Host: {host}', 'Connection: close'),
      [whole, { status: [400, 404], body: 'error' }],
    ],
  ]),
  ...table('field-lines', '9112 §5', 'must', [
    [
      'A space before the colon',
      raw(first, 'Host: {host}', 'Connection: close', 'Range : bytes=0-9'),
      bad,
      'It must be refused: proxies disagree about it (§5.1).',
    ],
    ['A line without a colon', raw(first, 'Host: {host}', 'Connection: close', 'Nonsense'), [bad, whole]],
    [
      'A folded line',
      raw(first, 'Host: {host}', 'Connection: close', 'X-A: b', ' c'),
      [bad, whole],
      'Obsolete folding is refused or read as a space (§5.2).',
    ],
    ['A NUL in a value', raw(first, 'Host: {host}', 'Connection: close', 'X-A: b\0c'), bad],
    ['A bare CR in a value', raw(first, 'Host: {host}', 'Connection: close', 'X-A: b\rc'), [bad, whole]],
    ['An empty field name', raw(first, 'Host: {host}', 'Connection: close', ': b'), [bad, whole]],
    ['An unknown field', get('X-Anything: goes'), whole],
    ['Bytes beyond ASCII in a value', get('X-Anything: caf\u00e9'), [whole, bad]],
  ]),
  ...table('limits', '9110 §15.5.15', 'should', [
    [
      'A target of 70,000 characters',
      raw(`GET /${long} HTTP/1.1`, 'Host: {host}', 'Connection: close'),
      { status: [414, 431, 400], body: 'error' },
    ],
    [
      'A target of 10,000 characters',
      raw(`GET {path}?${long.slice(0, 10_000)} HTTP/1.1`, 'Host: {host}', 'Connection: close'),
      { status: [414, 431, 400], body: 'error' },
    ],
    ['A field of 70,000 characters', get(`X-A: ${long}`), { status: [431, 400], body: 'error' }],
    [
      '5,000 fields',
      get(...Array.from({ length: 5000 }, (_, i) => `X-${i}: 1`)),
      { status: [431, 400], body: 'error' },
    ],
  ]),
  ...table('framing', '9112 §6', 'must', [
    [
      'Content-Length and Transfer-Encoding',
      `${request('POST', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      { status: [400, 405], body: 'error', closes: true },
      'Two framings are how requests are smuggled (§6.3).',
    ],
    [
      'Two Content-Lengths',
      `${request('POST', 'Content-Length: 5', 'Content-Length: 6')}hello!`,
      { status: [400], body: 'error', closes: true },
    ],
    [
      'A negative Content-Length',
      request('POST', 'Content-Length: -1'),
      { status: [400], body: 'error', closes: true },
    ],
    [
      'A Content-Length in hexadecimal',
      request('POST', 'Content-Length: 0x5'),
      { status: [400], body: 'error', closes: true },
    ],
    [
      'An unknown transfer coding',
      request('POST', 'Transfer-Encoding: frob'),
      { status: [400, 501, 405], body: 'error', closes: true },
    ],
    [
      'A chunk size that is none',
      `${request('POST', 'Transfer-Encoding: chunked')}zz\r\n\r\n`,
      { status: [400, 405], body: 'error', closes: true },
    ],
  ]),
  ...table('http-1.0', '9112 §9.3', 'must', [
    [
      'HTTP/1.0 without Host',
      raw('GET {path} HTTP/1.0'),
      [
        { ...whole, closes: true },
        { status: [400, 421], closes: true },
      ],
      'Links name a host, so that a request without one is nobody’s.',
    ],
    ['HTTP/1.0 with Host', raw('GET {path} HTTP/1.0', 'Host: {host}'), { ...whole, closes: true }],
    [
      'HTTP/1.0 is never chunked',
      raw('GET {path} HTTP/1.0', 'Host: {host}'),
      { status: [200], fields: { 'transfer-encoding': null } },
    ],
    [
      'HTTP/1.0 with a range',
      raw('GET {path} HTTP/1.0', 'Host: {host}', 'Range: bytes=0-9'),
      { ...part(0, 10), closes: true },
    ],
    ['HTTP/1.0 HEAD', raw('HEAD {path} HTTP/1.0', 'Host: {host}'), { ...head, closes: true }],
  ]),
  ...table('expect', '9110 §10.1.1', 'must', [
    ['100-continue without a body', get('Expect: 100-continue'), [whole, { status: [417] }]],
    ['An unknown expectation', get('Expect: miracles'), [whole, { status: [417] }]],
    [
      '100-continue for a method that is refused',
      request('PUT', 'Content-Length: 5', 'Expect: 100-continue'),
      notAllowed,
      'A final status may be sent at once; a 405 says what is allowed.',
    ],
  ]),
  sequence('keep-1', '9112 §9.3', 'Two requests, one after the other', keep('GET') + get(), [whole, whole]),
  sequence(
    'keep-2',
    '9112 §9.3.2',
    'Three requests at once',
    keep('GET', 'Range: bytes=0-9') + keep('HEAD') + get('Range: bytes=-1'),
    [part(0, 10), head, part(SIZE - 1, SIZE)],
    'Answers come in the order of the requests.',
  ),
  sequence('keep-3', '9112 §9.3', 'A range after a 416', keep('GET', 'Range: bytes=20000-') + get('Range: bytes=0-9'), [
    { status: [416] },
    part(0, 10),
  ]),
  sequence('keep-4', '9112 §9.3', 'The whole after a 304', keep('GET', 'If-None-Match: {etag}') + get(), [
    { status: [304] },
    whole,
  ]),
  sequence('keep-5', '9112 §9.3', 'A file after a 404', raw('GET /nothing HTTP/1.1', 'Host: {host}') + get(), [
    { status: [404] },
    whole,
  ]),
  sequence('keep-6', '9112 §9.3', 'Twenty requests at once', keep('GET', 'Range: bytes=5-5').repeat(19) + get(), [
    ...Array.from({ length: 19 }, () => part(5, 6)),
    whole,
  ]),
  sequence(
    'keep-7',
    '9112 §9.3',
    'After “Connection: close” nothing is answered',
    get() + get(),
    [whole],
    'The second request is not looked at (§9.6).',
  ),
  sequence(
    'keep-8',
    '9112 §9.3',
    'Several ranges, then one',
    keep('GET', 'Range: bytes=0-9,5000-5009') + get('Range: bytes=1-1'),
    [{ status: [206] }, part(1, 2)],
  ),
];
