import { field, isHtml } from '../remote/index.ts';
import type { Feed } from './feed.ts';
import { LineSplitter, tooLong } from './line-splitter.ts';
import { gently, piecesOf } from './gently.ts';
import { openStream } from './open-stream.ts';

/**
 * Lines of an HTTP answer. One whose length was told is read once; of any other, a server that ends it is asked again.
 * Such a source cannot replay: what it said meanwhile is a gap.
 */
export const readLines: Feed = async (context) => {
  const { most, spec, take, tooLarge } = context;
  if (spec.feed.kind !== 'lines') throw new Error('Not a feed of lines');
  const { head, body, hasProvenEnd } = await openStream(spec.feed, {}, context);
  const type = field(head, 'content-type') ?? '';
  const isJson = /json/i.test(type) || (!isHtml(type) && /\.(?:ndjson|jsonl?)$/i.test(new URL(spec.feed.url).pathname));
  context.connected(isJson ? 'ndjson' : 'text');
  const splitter = new LineSplitter(most, 'lf');
  const put = (line: Buffer | typeof tooLong) => {
    if (line === tooLong) return tooLarge();
    // Empty lines keep connections alive; in a log they may mean something.
    if (line.length === 0 && isJson) return undefined;
    return take({ data: owned(line), at: Date.now(), position: null, key: null });
  };
  for await (const chunk of gently(piecesOf(body))) {
    for (const line of splitter.push(chunk)) {
      const wait = put(line);
      if (wait) await wait;
    }
  }
  // Ended in order, what follows the last line's end is a line, too; else it may be half of one.
  const rest = hasProvenEnd ? splitter.rest() : null;
  if (rest !== null) await put(rest);
  return field(head, 'content-length') === null ? 'again' : 'over';
};

/** A copy, so that a short line does not keep the whole chunk it came in. */
function owned(line: Buffer): Buffer {
  return Buffer.from(line);
}
