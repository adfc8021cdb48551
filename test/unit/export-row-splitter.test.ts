import { expect, test } from 'vitest';
import { RowSplitter } from '../../electron/engine/database/row-splitter.ts';

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/** What a splitter says of chunks. */
function split(chunks: readonly Buffer[]): string[] {
  const said: string[] = [];
  const splitter = new RowSplitter({
    row: (chunk, start, end) => said.push(`row ${chunk.toString('latin1', start, end)}`),
    other: (type, whole) => said.push(`${String.fromCharCode(type)} ${whole.toString('latin1', 5)}`),
    pass: () => {},
  });
  for (const chunk of chunks) splitter.push(chunk);
  return said;
}

test('messages are found, wherever the chunks are cut', () => {
  const parts = [message('D', 'first'), message('s', ''), message('D', ''), message('N', 'note'), message('D', 'last')];
  const bytes = Buffer.concat(parts);
  const expected = ['row first', 's ', 'row ', 'N note', 'row last'];
  for (let one = 0; one <= bytes.length; one += 1) {
    for (let two = one; two <= bytes.length; two += 1) {
      expect(split([bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)])).toEqual(expected);
    }
  }
  expect(split([...bytes].map((byte) => Buffer.of(byte)))).toEqual(expected);
});

test('rows before bytes that are no message have passed', () => {
  const passed: number[] = [];
  let rows = 0;
  const splitter = new RowSplitter({ row: () => (rows += 1), pass: () => passed.push(rows), other: () => {} });
  const broken = message('D', 'three');
  broken.writeInt32BE(-5, 1);
  const bytes = Buffer.concat([message('D', 'one'), message('D', 'two'), broken]);
  expect(() => splitter.push(bytes)).toThrow(/-5 bytes/);
  expect(passed).toEqual([2]);
});

test('the last row is still there when all of a chunk has passed', () => {
  const bytes = Buffer.concat([message('D', 'one'), message('D', 'two'), message('D', 'three')]);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    let last: [Buffer, number, number] | null = null;
    let expected = '';
    const splitter = new RowSplitter({
      row: (chunk, start, end) => {
        last = [chunk, start, end];
        expected = chunk.toString('latin1', start, end);
      },
      other: () => {},
      pass: () => {
        if (last) expect(last[0].toString('latin1', last[1], last[2])).toBe(expected);
      },
    });
    splitter.push(bytes.subarray(0, cut));
    splitter.push(bytes.subarray(cut));
    expect(expected).toBe('three');
  }
});

test('a message that is larger than all chunks comes whole', () => {
  const body = 'x'.repeat(1_000_000);
  const bytes = Buffer.concat([message('D', body), message('D', 'small')]);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, n) =>
    bytes.subarray(n * 65_536, (n + 1) * 65_536),
  );
  expect(split(chunks).map((said) => said.length)).toEqual(['row '.length + body.length, 'row small'.length]);
});

test('bytes that are no messages are refused', () => {
  expect(() => split([Buffer.from('D\0\0\0\x03')])).toThrow(/message of 3 bytes/);
  expect(() => split([Buffer.from([68, 0x7f, 0xff, 0xff, 0xff])])).toThrow(/message of 2147483647 bytes/);
  expect(() => split([Buffer.from([68, 0xff]), Buffer.from([0xff, 0xff, 0xff])])).toThrow(/message of -1 bytes/);
});
