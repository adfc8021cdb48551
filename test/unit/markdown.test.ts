import { expect, test } from 'vitest';
import { createEncoder } from '../../electron/engine/export/encode/index.ts';
import { column, encode } from './encode-rows.ts';

const options = { timeZone: 'UTC', table: ['public', 't'], rowsBefore: 0 };
const columns = [column('id', 'int4'), column('a|b', 'text')];

test('each row is one line, whatever its values hold', () => {
  const encoder = createEncoder({ kind: 'markdown' }, columns, options);
  const file = encode(encoder, [
    ['1', 'plain'],
    ['2', 'a | b\r\nc'],
    ['3', '<img src=x onerror=alert(1)> & [x](javascript:alert(1)) `c` *b* $x$ \\'],
    ['4', null],
    ['5', ''],
  ]);
  expect(file.toString().split('\n')).toEqual([
    '| id | a\\|b |',
    '| ---: | --- |',
    '| 1 | plain |',
    '| 2 | a \\| b&#13;<br>c |',
    '| 3 | &lt;img src=x onerror=alert(1)&gt; &amp; \\[x\\](javascript:alert(1)) \\`c\\` \\*b\\* \\$x\\$ \\\\ |',
    '| 4 | *NULL* |',
    '| 5 |  |',
    '',
  ]);
});

test.each(['markdown', 'html'] as const)('%s is for small results only, also when it goes on', (kind) => {
  const before = createEncoder({ kind }, columns, { ...options, state: { rows: 99_999 } });
  const rows = Array.from({ length: 2 }, (_, n) => [String(n), 'x']);
  expect(() => encode(before, rows)).toThrow('100,000 rows');
  const atLimit = createEncoder({ kind }, columns, { ...options, state: { rows: 99_999 } });
  expect(encode(atLimit, rows.slice(1)).length).toBeGreaterThan(0);
  expect(atLimit.state()).toEqual({ rows: 100_000 });
});
