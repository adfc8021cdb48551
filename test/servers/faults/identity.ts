/** Rows 23-34: validators, and files that change under a download. */
import { afterCut, count, ordinary, PARALLEL, withHeaders, type Fault } from './exchange.ts';

/** Changes the file once, when half of it has gone out over all connections. */
const changeHalfway =
  (then: Fault['play']): Fault['play'] =>
  (x) => {
    const sent = x.run.log.reduce((sum, entry) => sum + entry.sent, 0);
    const isLate = sent > x.run.file.size / 8 || x.offset > 0;
    if (isLate && x.turn > 1 && count(x.run, 'late') === 1) x.run.change();
    return then(x);
  };

const withoutPreconditions: Fault['play'] = (x) => x.reply(x.planHeedless());

export const identityFaults: readonly Fault[] = [
  {
    number: 23,
    title: 'A strong ETag, and the first response breaks off',
    outcome: 'The open-ended resume says If-Range',
    variants: ['same', 'changed'],
    play: afterCut((x) => {
      if (x.run.variant === 'changed' && count(x.run, 'resumes') === 1) x.run.change();
      return ordinary(x);
    }),
  },
  {
    number: 24,
    title: 'The file changes while segments run, and If-Match is understood',
    outcome: 'Segments say If-Match: the change costs one small 412',
    variants: ['changed', 'same'],
    ...PARALLEL,
    play: (x) => (x.run.variant === 'changed' ? changeHalfway(ordinary)(x) : ordinary(x)),
  },
  {
    number: 25,
    title: 'A CDN drops Range where If-Range holds an ETag',
    outcome: 'A bare Range is tried, its validators compared, and the host remembered',
    play: afterCut((x) => (x.request.headers['if-range']?.includes('"') ? x.reply(x.planWhole()) : ordinary(x))),
  },
  {
    number: 26,
    title: 'Only a weak ETag',
    outcome: 'Never in If-Range',
    play: (x) => {
      x.run.file = { ...x.run.file, etag: 'W/"weak"' };
      return afterCut(ordinary)(x);
    },
  },
  {
    number: 27,
    title: 'Last-Modified is as young as Date',
    outcome: 'A weak validator: not in If-Range',
    play: (x) => {
      if (x.turn === 1) x.run.file = { ...x.run.file, etag: null, lastModified: new Date() };
      return afterCut(ordinary)(x);
    },
  },
  {
    number: 28,
    title: 'No validator at all',
    outcome: 'An overlap is compared: equal goes on as “unverified”, unequal needs attention',
    variants: ['same', 'other'],
    play: (x) => {
      if (x.turn === 2 && x.run.variant === 'other') x.run.change();
      x.run.file = { ...x.run.file, etag: null, lastModified: null };
      return afterCut(ordinary)(x);
    },
  },
  {
    number: 29,
    title: 'Each answer has another ETag, though the file is the same',
    outcome: 'Size, Last-Modified and an overlap agree: a warning, and on; else attention',
    variants: ['same', 'other'],
    play: (x) => {
      if (x.turn === 2 && x.run.variant === 'other') x.run.change();
      x.run.file = { ...x.run.file, etag: `"token-${x.turn}"` };
      return afterCut(withoutPreconditions)(x);
    },
  },
  {
    number: 30,
    title: 'The ETag changes while segments run, and preconditions are ignored',
    outcome: 'All segments stop; nothing is mixed',
    ...PARALLEL,
    play: changeHalfway(withoutPreconditions),
  },
  {
    number: 31,
    title: '412, or a 304 that nobody asked for',
    outcome: '412 is “changed”, 304 a protocol error',
    variants: ['412', '304'],
    play: afterCut((x) =>
      x.run.variant === '304' ? x.head(304, { etag: x.run.file.etag ?? '' }) : x.text(412, 'No.'),
    ),
  },
  {
    number: 32,
    title: 'An ETag on a redirect, and a blank one at the end',
    outcome: 'Only the final response counts; a blank ETag is none',
    variants: ['hop', 'blank'],
    play: (x) => {
      if (!x.request.target.includes('final=')) {
        return x.redirect(302, `${x.request.target}&final=1`, { etag: `"hop-${x.turn}"` });
      }
      if (x.run.variant === 'blank') x.run.file = { ...x.run.file, etag: '' };
      const isFirst = count(x.run, 'finals') === 1;
      return x.reply(x.plan(), { cut: isFirst ? x.run.file.size / 2 : Infinity });
    },
  },
  {
    number: 33,
    title: '206 leaves Last-Modified out, or all that says which version it is of',
    outcome: 'No mismatch, and no proof: without the ETag, the overlap is compared',
    variants: ['no-date', 'nothing', 'nothing-other', 'date-only', 'date-only-other'],
    play: (x) => {
      const hasDateOnly = x.run.variant.startsWith('date-only');
      if (x.turn === 2 && x.run.variant.endsWith('other')) x.run.change();
      if (hasDateOnly) x.run.file = { ...x.run.file, etag: null };
      const silent = { 'last-modified': null, ...(x.run.variant !== 'no-date' && { etag: null }) };
      return afterCut(() => x.reply(withHeaders(x.planHeedless(), silent)))(x);
    },
  },
  {
    number: 34,
    title: 'An ordinary server (put an old complete file of the same name into the folder)',
    outcome: 'The old file is never the prefix of the new one',
    play: ordinary,
  },
];
