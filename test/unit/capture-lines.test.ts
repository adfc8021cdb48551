import { expect, test } from 'vitest';
import { LineSplitter, tooLong } from '../../electron/engine/capture/line-splitter.ts';

function split(text: string, size: number, most = 100): (string | null)[] {
  const splitter = new LineSplitter(most, 'lf');
  const bytes = Buffer.from(text);
  const lines: (Buffer | typeof tooLong)[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
  const rest = splitter.rest();
  if (rest !== null) lines.push(rest);
  return lines.map((line) => (line === tooLong ? null : line.toString()));
}

test.each([1, 2, 3, 1000])('lines end with LF or CR LF, wherever the stream is cut (%i bytes)', (size) => {
  expect(split('a\r\nbä\n\n\rc\nlast', size)).toEqual(['a', 'bä', '', '\rc', 'last']);
  expect(split('a\n', size)).toEqual(['a']);
});

test.each([1, 5, 1000])('a line that is too long is passed over, the next one is not (%i bytes)', (size) => {
  expect(split(`a\n${'x'.repeat(11)}\n${'y'.repeat(10)}\n${'z'.repeat(99)}`, size, 10)).toEqual([
    'a',
    null,
    'y'.repeat(10),
    null,
  ]);
});
