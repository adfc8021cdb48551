import { expect, test } from 'vitest';
import { createEncoder } from '../../electron/engine/export/encode/index.ts';
import { column, encode } from './encode-rows.ts';

const attacks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '</td></tr></table><iframe src="javascript:alert(1)">',
  '<!-- --><style>@import "//evil"</style>',
  '&lt;script&gt;',
];

test('no value, column or table name becomes markup', () => {
  for (const attack of attacks) {
    const options = { timeZone: 'UTC', table: [attack], rowsBefore: 0 };
    const encoder = createEncoder({ kind: 'html' }, [column(attack, 'text')], options);
    const file = encode(encoder, [[attack], [attack.repeat(3000)]]).toString();
    const escaped = attack
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
    // The same file without what came from the database holds exactly the tags that we write.
    const ours = file.replaceAll(escaped, '');
    expect(ours).not.toMatch(/script|img|svg|iframe|import|evil|onload/);
    expect(file.split(escaped)).toHaveLength(1 + 3 + 3000);
    expect(ours).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
  }
});

test('NULL and an empty text are told apart, and numbers stand at the right', () => {
  const options = { timeZone: 'UTC', table: ['t'], rowsBefore: 0 };
  const encoder = createEncoder({ kind: 'html' }, [column('n', 'int4'), column('t', 'text')], options);
  const file = encode(encoder, [
    ['1', null],
    [null, ''],
    ['2', ' a\r\nb '],
  ]).toString();
  expect(file).toContain(
    '<tbody>\n<tr><td class="n">1</td><td class="null"></td></tr>\n' +
      '<tr><td class="null"></td><td></td></tr>\n<tr><td class="n">2</td><td> a&#13;\nb </td></tr>\n</tbody>',
  );
});
