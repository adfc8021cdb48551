import { expect, it } from 'vitest';
import { redact } from '../../electron/app/index.ts';

it.each([
  ['GET https://ada:pa55@host.test/a', 'GET https://…@host.test/a'],
  ['https://tok3n@host.test/', 'https://…@host.test/'],
  ['https://h.test/f?X-Amz-Signature=s3cret&part=2#x', 'https://h.test/f?X-Amz-Signature=…&part=…#x'],
  ['http://127.0.0.1:1/#token=AbC_-9', 'http://127.0.0.1:1/#token=…'],
  [`at http://192.168.1.2:4711/s/${'aB-_9'.repeat(9)}/film.mp4`, 'at http://192.168.1.2:4711/s/…/film.mp4'],
  [`{ links: [ 'http://h.test/s/${'x'.repeat(43)}/' ] }`, `{ links: [ 'http://h.test/s/…/' ] }`],
  [`Path=/s/${'7'.repeat(43)}; HttpOnly`, 'Path=/s/…; HttpOnly'],
  ['/srv/s/film.mp4', '/srv/s/film.mp4'],
  ['sluice, sluice.token.AbC_-9', 'sluice, sluice.token.…'],
  ['Authorization: Basic YWRhOnBhNTU=', 'Authorization: …'],
  ["{ authorization: 'Bearer abcdefgh12345' }", '{ authorization: …'],
  ['Cookie: a=b; c=d\nAccept: x', 'Cookie: …\nAccept: x'],
  ['sent Bearer abcdefgh12345 there', 'sent Bearer … there'],
  ['{"token":"abc","pid":1}', '{"token":"…","pid":1}'],
  [`{ username: 'ada', password: 'pa55' }`, `{ username: 'ada', password: '…' }`],
  [`{ password: "it's \\"pa55\\"", id: 'x' }`, `{ password: "…", id: 'x' }`],
  ['password: `pa\'5"5`', 'password: `…`'],
  ['{"password":"a\\"b","id":"x"}', '{"password":"…","id":"x"}'],
  ['nothing here? no: a=b', 'nothing here? no: a=b'],
])('%s', (text, clean) => {
  expect(redact(text)).toBe(clean);
});
