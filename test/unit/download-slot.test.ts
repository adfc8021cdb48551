/** One connection's bytes before its lease: they are those on the disk, or nothing of its body is written (fault 28). */
import { describe, expect, test } from 'vitest';
import type { Lease } from '../../electron/engine/download/lease-map.ts';
import type { PartFile } from '../../electron/engine/download/part-file.ts';
import { Slot } from '../../electron/engine/download/slot.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';

const GAP = 1000;
const END = 2000;
const file = generatedBytes(1).read(0, END);

/** Takes the body of bytes [start, END) in reads of `step` bytes. */
function take(start: number, step: number, body: Buffer, expected: Buffer | null) {
  const written: [position: number, bytes: Buffer][] = [];
  const part = {
    blocked: false,
    write: (buffer: Buffer, from: number, to: number, position: number) =>
      written.push([position, Buffer.from(buffer.subarray(from, to))]),
    discard: () => {},
  } as unknown as PartFile;
  const slot = new Slot(1, { part, block: () => {}, quantum: () => Infinity, received: () => 0 });
  const lease: Lease = { start: GAP, at: GAP, end: END, twin: null };
  let equal = 0;
  slot.begin(lease, start, expected, () => {
    equal += 1;
  });
  for (let at = start; at < END; at += step) {
    const bytes = Buffer.from(body.subarray(at, Math.min(END, at + step)));
    slot.received(bytes.length);
    slot.write(bytes, 0, bytes.length);
  }
  return { slot, written, lease, equal };
}

const overlaps = [64, 600] as const;
/** Of a part that begins with the overlap, and of a whole body; in reads that end within it, at its ends, and beyond it. */
const ways = overlaps.flatMap((length) =>
  [GAP - length, 0].flatMap((start) =>
    [7, 64, 400, 936, 950, 1000, 1500, END].map((step) => ({ length, start, step })),
  ),
);

describe.each(ways)(
  'an overlap of $length bytes in a body from $start in reads of $step',
  ({ length, start, step }) => {
    const expected = file.subarray(GAP - length, GAP);

    test('is taken where it is equal', () => {
      const { slot, written, lease, equal } = take(start, step, file, expected);
      expect(() => slot.check()).not.toThrow();
      expect(Buffer.concat(written.map(([, bytes]) => bytes)).equals(file.subarray(GAP))).toBe(true);
      expect(written[0]?.[0]).toBe(GAP);
      expect([lease.at, equal, slot.isDoubtful]).toEqual([END, 1, false]);
    });

    test.each([GAP - length, GAP - length / 2, GAP - 1])('is refused where byte %i is another', (place) => {
      const other = Buffer.from(file);
      other[place] = (other[place] ?? 0) ^ 1;
      const { slot, written, lease, equal } = take(start, step, other, expected);
      expect(() => slot.check()).toThrow(/changed/);
      expect(written).toEqual([]);
      expect([lease.at, equal]).toEqual([GAP, 0]);
    });
  },
);

test('without an overlap what comes before the lease is passed over', () => {
  const { slot, written } = take(0, 300, file, null);
  expect(() => slot.check()).not.toThrow();
  expect(Buffer.concat(written.map(([, bytes]) => bytes)).equals(file.subarray(GAP))).toBe(true);
});
