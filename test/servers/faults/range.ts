/** Rows 1-22: range negotiation. */
import {
  afterCut,
  backendError,
  count,
  ordinary,
  PARALLEL,
  withHeaders,
  type Exchange,
  type Fault,
} from './exchange.ts';

const MIB = 1 << 20;

/** A 206 that claims and carries [start, end) of a file of `total` bytes, whatever was asked. */
async function partial(x: Exchange, start: number, end: number, contentRange: string | null): Promise<void> {
  const { headers } = x.planWhole({ ranges: true });
  await x.reply({
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start),
      ...(contentRange !== null && { 'content-range': contentRange }),
    },
    start,
    end,
  });
}

const strange: Readonly<Record<string, (a: number, b: number, n: number) => string>> = {
  equals: (a, b, n) => `bytes=${a}-${b}/${n}`,
  'no-unit': (a, b, n) => `${a}-${b}/${n}`,
  open: (a, _b, n) => `bytes ${a}-/${n}`,
  'no-start': (_a, b, n) => `bytes -${b}/${n}`,
  reversed: (a, b, n) => `bytes ${b}-${a}/${n}`,
  unknown: () => 'bytes */*',
};

/** Everything arrives, but nothing says so: chunked, of unknown length, and the terminator is missing. */
async function allButTheEnd(x: Exchange): Promise<void> {
  const plan = withHeaders(x.planWhole(), { 'content-length': null, 'transfer-encoding': 'chunked' });
  await x.head(200, plan.headers);
  await x.chunked(0, x.run.file.size, { finish: false });
  x.close();
}

export const rangeFaults: readonly Fault[] = [
  {
    number: 1,
    title: 'Accept-Ranges says nothing, or the opposite of what is true',
    outcome: 'The 206 decides, not the field',
    variants: ['absent', 'none', 'liar'],
    play: (x) => {
      if (x.run.variant === 'liar') return x.reply(withHeaders(x.planWhole(), { 'accept-ranges': 'bytes' }));
      return x.reply(withHeaders(x.plan(), { 'accept-ranges': x.run.variant === 'none' ? 'none' : null }));
    },
  },
  {
    number: 2,
    title: 'The probe gets 200, and the link works once',
    outcome: 'That body is the download: no second GET',
    play: (x) =>
      x.request.method === 'GET' && count(x.run, 'gets') > 1
        ? x.text(410, 'This link was used.')
        : x.reply(x.planWhole()),
  },
  {
    number: 3,
    title: 'Resume gets 200 with the whole body',
    outcome: 'Never appended: the same file skips its prefix, another needs attention',
    variants: ['same', 'changed', 'silent', 'other', 'other-chunked', 'other-once'],
    play: afterCut(async (x) => {
      const { variant } = x.run;
      const resume = count(x.run, 'resumes');
      if (variant === 'other-once' && resume > 1) return ordinary(x);
      if (variant !== 'same' && variant !== 'silent' && resume === 1 && variant !== 'other-once') x.run.change();
      if (variant === 'same' || variant === 'changed') return x.reply(x.planWhole());
      // What a server behind another says, as if all were well, and nothing that tells its version.
      const silent = withHeaders(x.planWhole(), { etag: null, 'last-modified': null });
      if (variant === 'silent' || variant === 'other') return x.reply(silent);
      return backendError(x);
    }),
  },
  {
    number: 4,
    title: 'One bounded segment gets 200',
    outcome: 'Cancelled: one stream goes on, its bytes are kept',
    ...PARALLEL,
    play: (x) => (x.offset > 0 && count(x.run, 'segments') === 1 ? x.reply(x.planWhole()) : ordinary(x)),
  },
  {
    number: 5,
    title: 'Resume gets a 200 as long as what is on disk',
    outcome: 'Verified and complete, nothing written',
    play: (x) => (x.turn === 1 ? allButTheEnd(x) : x.reply(x.planWhole())),
  },
  {
    number: 6,
    title: 'Resume gets a 200 that is shorter than what is on disk, or empty',
    outcome: 'Nothing truncated: attention, changed',
    variants: ['short', 'empty'],
    play: afterCut((x) => x.reply(x.planWhole({ size: x.run.variant === 'empty' ? 0 : x.run.file.size / 4 }))),
  },
  {
    number: 7,
    title: 'A 200 that carries Content-Range',
    outcome: 'Taken only where its start is the one asked for',
    variants: ['right', 'wrong'],
    play: afterCut((x) => {
      const plan = x.plan();
      if (x.run.variant === 'right') return x.reply({ ...plan, status: 200 });
      const { size } = x.run.file;
      return x.reply(withHeaders(x.planWhole(), { 'content-range': `bytes 0-${size - 1}/${size}` }));
    }),
  },
  {
    number: 8,
    title: '206 with another start than asked',
    outcome: 'Rejected before a byte is written',
    variants: ['once', 'always'],
    play: afterCut((x) => {
      const isWrong = x.run.variant === 'always' || count(x.run, 'resumes') === 1;
      const { size } = x.run.file;
      const start = Math.max(0, x.offset - 4096);
      return isWrong && x.offset > 0 ? partial(x, start, size, `bytes ${start}-${size - 1}/${size}`) : ordinary(x);
    }),
  },
  {
    number: 9,
    title: '206 that ends early: at most 1 MiB at a time',
    outcome: 'What came is kept, the rest is asked for',
    play: (x) => x.reply(x.planPiece(MIB)),
  },
  {
    number: 10,
    title: '206 that runs past the end of the segment, to the end of the file',
    outcome: 'Stopped at the end of the segment',
    ...PARALLEL,
    play: (x) => {
      const { size } = x.run.file;
      return x.range ? partial(x, x.offset, size, `bytes ${x.offset}-${size - 1}/${size}`) : ordinary(x);
    },
  },
  {
    number: 11,
    title: '206 without Content-Range',
    outcome: 'Rejected after a beginning; on a probe, a plain GET follows',
    variants: ['probe', 'segment'],
    play: (x) => {
      const missing = () => (x.range ? partial(x, x.offset, x.run.file.size, null) : ordinary(x));
      return x.run.variant === 'probe' ? missing() : afterCut(missing)(x);
    },
  },
  {
    number: 12,
    title: 'Content-Range: bytes a-b/*',
    outcome: 'Fine where the size is known and the start is right',
    play: afterCut((x) => {
      const plan = x.plan();
      const unsaid = plan.headers['content-range']?.replace(/\/\d+$/, '/*') ?? null;
      return x.reply(withHeaders(plan, { 'content-range': unsaid }));
    }),
  },
  {
    number: 13,
    title: 'Content-Range that is not written as the standard has it',
    outcome: 'An odd unit is tolerated; impossible positions are rejected; */* is unknown',
    variants: Object.keys(strange),
    play: (x) => {
      const { size } = x.run.file;
      const write = strange[x.run.variant];
      return x.range && write ? partial(x, x.offset, size, write(x.offset, size - 1, size)) : ordinary(x);
    },
  },
  {
    number: 14,
    title: 'A segment tells another total',
    outcome: 'Changed: every segment stops',
    ...PARALLEL,
    play: (x) => {
      const plan = x.plan();
      if (x.offset === 0) return x.reply(plan);
      const other = `bytes ${plan.start}-${plan.end - 1}/${x.run.file.size + 1000}`;
      return x.reply(withHeaders(plan, { 'content-range': other }));
    },
  },
  {
    number: 15,
    title: 'Chunked 206',
    outcome: 'Its Content-Range is checked all the same',
    variants: ['right', 'wrong'],
    play: afterCut(async (x) => {
      const { size } = x.run.file;
      const start = x.run.variant === 'wrong' ? Math.max(0, x.offset - 4096) : x.offset;
      const fields = {
        'content-length': null,
        'transfer-encoding': 'chunked',
        'content-range': `bytes ${start}-${size - 1}/${size}`,
      };
      await x.head(206, withHeaders(x.planWhole(), fields).headers);
      await x.chunked(start, size);
    }),
  },
  {
    number: 16,
    title: 'multipart/byteranges as the answer to one range',
    outcome: 'Never written as it comes',
    variants: ['segment', 'probe'],
    play: (x) => {
      const multipart = async () => {
        const { size } = x.run.file;
        const before = `--cut\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes ${x.offset}-${size - 1}/${size}\r\n\r\n`;
        const after = '\r\n--cut--\r\n';
        const length = before.length + (size - x.offset) + after.length;
        const fields = { 'content-type': 'multipart/byteranges; boundary=cut', 'content-length': String(length) };
        await x.head(206, withHeaders(x.planWhole(), fields).headers);
        await x.body(Buffer.from(before));
        await x.content(x.offset, size);
        await x.body(Buffer.from(after));
      };
      if (!x.range) return ordinary(x);
      return x.run.variant === 'probe' ? multipart() : afterCut(multipart)(x);
    },
  },
  {
    number: 17,
    title: '206 to a request without Range (ranged requests are reset)',
    outcome: 'Rejected',
    play: (x) => {
      if (x.range) return x.reset();
      const { size } = x.run.file;
      return partial(x, size / 2, size, `bytes ${size / 2}-${size - 1}/${size}`);
    },
  },
  {
    number: 18,
    title: '416 whose size is what is on disk',
    outcome: 'Complete, once validator and hash agree',
    play: (x) => {
      if (x.turn === 1) return allButTheEnd(x);
      const { size } = x.run.file;
      return x.range ? x.text(416, '', { 'content-range': `bytes */${size}` }) : ordinary(x);
    },
  },
  {
    number: 19,
    title: '416 without a size, or with less than what is on disk',
    outcome: 'Probed again, then attention; its body is never written',
    variants: ['no-size', 'smaller'],
    play: afterCut((x) => {
      const { size } = x.run.file;
      const smaller = x.run.variant === 'smaller';
      if (x.offset === 0) return smaller ? x.reply(x.plan({ size: size / 4 })) : ordinary(x);
      return x.text(416, '<html>Out of range.</html>', {
        'content-type': 'text/html',
        ...(smaller && { 'content-range': `bytes */${size / 4}` }),
      });
    }),
  },
  {
    number: 20,
    title: 'HEAD is refused, or tells another size than GET',
    outcome: 'The probe is a GET, so nothing goes wrong',
    variants: ['refused', 'at-odds'],
    play: (x) => {
      if (x.request.method !== 'HEAD') return ordinary(x);
      return x.run.variant === 'refused' ? x.text(405, '') : x.reply(x.planWhole({ size: 1234, etag: '"head"' }));
    },
  },
  {
    number: 21,
    title: 'Ranged requests are reset',
    outcome: 'Tried once without Range',
    play: (x) => (x.range ? x.reset() : x.reply(x.planWhole())),
  },
  {
    number: 22,
    title: 'The total is only as large as the window that was asked for',
    outcome: 'Cross-checked with a plain GET',
    size: 4 * MIB,
    play: (x) => {
      if (!x.range) return ordinary(x);
      const end = Math.min(x.run.file.size, x.range.end ?? Infinity, x.offset + MIB);
      return partial(x, x.offset, end, `bytes ${x.offset}-${end - 1}/${end}`);
    },
  },
];
