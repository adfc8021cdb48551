/** Rows 35-49: how bodies end, or do not. */
import { gzipSync } from 'node:zlib';
import { afterCut, backendError, count, ordinary, withHeaders, type Exchange, type Fault } from './exchange.ts';

const MIB = 1 << 20;

const badLengths: Readonly<Record<string, (length: number) => string | string[]>> = {
  negative: () => '-1',
  garbage: (length) => `${length}abc`,
  conflicting: (length) => [String(length), String(length - 1)],
  overflow: () => '99999999999999999999999999',
};

/** A chunked body that stops making sense after a quarter of the file. */
async function badChunk(x: Exchange, line: string): Promise<void> {
  await x.head(200, withHeaders(x.planWhole(), { 'content-length': null, 'transfer-encoding': 'chunked' }).headers);
  await x.chunked(0, x.run.file.size / 4, { finish: false });
  await x.raw(`${line}\r\n`);
  await x.content(x.run.file.size / 4, x.run.file.size / 2);
  x.close();
}

const LOGIN_PAGE = '<!doctype html><html><title>Please log in</title><body>Your link has expired.</body></html>';

export const bodyFaults: readonly Fault[] = [
  {
    number: 35,
    title: 'The connection closes early under Content-Length, again and again',
    outcome: 'Resumed at the exact byte each time',
    play: (x) => x.reply(x.plan(), { cut: MIB + 12_345 }),
  },
  {
    number: 36,
    title: 'Chunked, and the terminator is missing',
    outcome: 'Incomplete',
    variants: ['ranges', 'no-ranges'],
    play: async (x) => {
      const plan = x.run.variant === 'ranges' ? x.plan() : x.planWhole();
      await x.head(plan.status, withHeaders(plan, { 'content-length': null, 'transfer-encoding': 'chunked' }).headers);
      const isFirst = x.turn === 1;
      await x.chunked(plan.start, isFirst ? plan.start + (plan.end - plan.start) / 2 : plan.end, { finish: !isFirst });
      if (isFirst) x.close();
    },
  },
  {
    number: 37,
    title: 'A chunk size that is garbage, or overflows',
    outcome: 'The connection is dropped and the rest fetched anew',
    variants: ['garbage', 'overflow'],
    play: (x) => {
      if (x.turn > 1) return ordinary(x);
      return badChunk(x, x.run.variant === 'overflow' ? 'F'.repeat(20) : 'zzzz');
    },
  },
  {
    number: 38,
    title: 'No length, not chunked',
    outcome: 'Complete at a clean close, marked “unverified”',
    play: async (x) => {
      await x.head(200, withHeaders(x.planWhole(), { 'content-length': null, connection: 'close' }).headers);
      await x.content(0, x.run.file.size);
      x.close();
    },
  },
  {
    number: 39,
    title: 'Content-Length and Transfer-Encoding at once',
    outcome: 'Transfer-Encoding wins',
    play: async (x) => {
      await x.head(200, withHeaders(x.planWhole(), { 'content-length': '10', 'transfer-encoding': 'chunked' }).headers);
      await x.chunked(0, x.run.file.size);
    },
  },
  {
    number: 40,
    title: 'A Content-Length that is none',
    outcome: 'Rejected',
    variants: Object.keys(badLengths),
    play: async (x) => {
      const { size } = x.run.file;
      await x.head(200, { ...x.planWhole().headers, 'content-length': badLengths[x.run.variant]?.(size) ?? '' });
      await x.content(0, size);
      x.close();
    },
  },
  {
    number: 41,
    title: 'Bytes past the end of the body',
    outcome: 'The connection is not used again',
    play: async (x) => {
      await x.reply(x.planPiece(MIB));
      await x.raw('HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\n\r\nextra');
    },
  },
  {
    number: 42,
    title: 'Content-Encoding in spite of “identity”',
    outcome: 'Not split; stored as sent',
    variants: ['mislabelled', 'gzip'],
    name: 'archive.tgz',
    play: async (x) => {
      if (x.run.variant === 'mislabelled') return x.reply(withHeaders(x.planWhole(), { 'content-encoding': 'gzip' }));
      const packed = gzipSync(x.run.content.read(0, x.run.file.size), { level: 1 });
      const fields = { 'content-encoding': 'gzip', 'content-length': String(packed.length) };
      await x.head(200, withHeaders(x.planWhole(), fields).headers);
      return x.body(packed);
    },
  },
  {
    number: 43,
    title: 'A transfer coding that was not asked for',
    outcome: 'Rejected',
    play: async (x) => {
      await x.head(
        200,
        withHeaders(x.planWhole(), { 'content-length': null, 'transfer-encoding': 'gzip, chunked' }).headers,
      );
      await x.chunked(0, x.run.file.size);
    },
  },
  {
    number: 44,
    title: 'A kept-alive connection is found dead; or a fresh one answers nothing',
    outcome: 'One free retry on a fresh one; nothing from a fresh one is a failure',
    variants: ['kept-alive', 'fresh'],
    play: (x) => {
      if (x.run.variant === 'fresh' || x.earlier > 0) return x.close();
      return x.reply(x.planPiece(MIB));
    },
  },
  {
    number: 45,
    title: '204 or 205',
    outcome: 'An error, not an empty success',
    variants: ['204', '205'],
    play: (x) => x.head(Number(x.run.variant), x.run.variant === '205' ? { 'content-length': '0' } : {}),
  },
  {
    number: 46,
    title: 'A web page where the file was',
    outcome: 'Attention, link expired; the part is kept',
    variants: ['resume', 'start'],
    name: 'archive.zip',
    play: (x) => {
      const page = () => x.text(200, LOGIN_PAGE, { 'content-type': 'text/html; charset=utf-8' });
      return x.run.variant === 'start' ? page() : afterCut(page)(x);
    },
  },
  {
    number: 47,
    title: 'Golden sequence: truncated 200, truncated 206, 404, 200 that ignores Range, 206',
    outcome: 'One intact file, no error body inside it',
    variants: ['whole', 'error'],
    play: (x) => {
      const quarter = x.run.file.size / 4;
      switch (x.request.method === 'GET' ? count(x.run, 'gets') : 0) {
        case 1:
          return x.reply(x.planWhole({ ranges: true }), { cut: quarter });
        case 2:
          return x.reply(x.plan(), { cut: quarter });
        case 3:
          return x.text(404, '<html>Not found, for now.</html>', { 'content-type': 'text/html' });
        case 4:
          if (x.run.variant === 'error') return backendError(x);
          return x.reply(x.planWhole(), { cut: 3 * quarter });
        default:
          return ordinary(x);
      }
    },
  },
  {
    number: 48,
    title: 'The file grows on the server',
    outcome: 'Changed; no zero tail',
    variants: ['other-etag', 'same-etag'],
    play: afterCut((x) => {
      const { etag, size } = x.run.file;
      if (x.turn === 2) x.run.change(size + MIB);
      if (x.run.variant === 'same-etag') x.run.file = { ...x.run.file, etag };
      return ordinary(x);
    }),
  },
  {
    number: 49,
    title: 'A file of length zero',
    outcome: 'Created and complete',
    variants: ['200', '416'],
    size: 0,
    play: (x) => (x.run.variant === '416' ? ordinary(x) : x.reply(x.planWhole())),
  },
];
