/** Answers GET and HEAD for a content: preconditions, ranges, head, body (RFC 9110 §13, §14, §15.3.7, §15.5.17). */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { create as contentDisposition } from 'content-disposition';
import type { Content } from './content.ts';
import { countLines } from './field-lines.ts';
import { formatHttpDate } from './http-date.ts';
import { planMultipart } from './multipart.ts';
import { evaluatePreconditions, rangeStillHolds } from './preconditions.ts';
import { readRanges, type ByteRange } from './ranges.ts';
import { contentPolicy, safeFields } from './safe-fields.ts';
import { MIDDLE } from './serve-buffers.ts';
import type { Transfer } from './transfer.ts';

/**
 * Sends the answer and resolves when the system took all of it. The content is the caller's to release.
 * @throws ReaderGone where the reader went away, and whatever the content's reader throws: the connection has to be
 * destroyed then, because a length was promised.
 */
export async function answerContent(
  request: IncomingMessage,
  transfer: Transfer,
  content: Content,
  disposition: 'inline' | 'attachment',
): Promise<void> {
  const { response } = transfer;
  const { size } = content;
  // A tag that is weak because its file is new becomes strong: that is no other file.
  transfer.subject = { representation: `${content.name} ${content.etag?.replace(/^W\//, '')}`, size };
  const now = Date.now() / 1000;
  const method = request.method ?? 'GET';
  const { headers } = request;
  const verdict = evaluatePreconditions(method, headers, content, now);
  if (verdict !== 'proceed') {
    response.writeHead(
      verdict,
      verdict === 304 ? validatorFields(content) : [...validatorFields(content), 'Content-Length', '0'],
    );
    response.end();
    return;
  }

  // Only GET defines Range (§14.2): HEAD answers as the GET of the whole would.
  const range =
    method === 'GET' && rangeStillHolds(headers['if-range']?.toString(), content, now)
      ? rangeField(request)
      : undefined;
  const answer = readRanges(range, size);
  if (answer.kind === 'unsatisfiable') {
    // prettier-ignore
    response.writeHead(416, [...validatorFields(content), 'Content-Range', `bytes */${size}`, 'Content-Length', '0', 'Accept-Ranges', 'bytes']);
    response.end();
    return;
  }
  const fields = contentFields(content, disposition);
  const wanted = headers['want-repr-digest']?.toString();
  if (wanted !== undefined && content.digest && /(?:^|[,\s])sha-256\s*=\s*(?!0\b)/i.test(wanted)) {
    const digest = await content.digest();
    if (digest) fields.push('Repr-Digest', `sha-256=:${digest.toString('base64')}:`);
  }

  // Parts of two versions would be one answer: whoever asks for several gets the whole instead (§14.2).
  if (answer.kind === 'parts' && answer.parts.length > 1 && !content.unversioned) {
    const plan = planMultipart(answer.parts, size, content.mediaType, randomBytes(18).toString('base64url'));
    // No more bytes than the whole has (§14.2): with their heads small parts can come to more.
    if (plan.length <= size) {
      fields.push('Content-Type', plan.contentType, 'Content-Length', String(plan.length));
      response.writeHead(206, fields);
      for (const piece of plan.pieces) {
        if (typeof piece === 'string') await transfer.write(Buffer.from(piece, 'latin1'), null);
        else await transfer.pump(content.open(piece.start, piece.end, transfer), piece.start);
      }
      response.end();
      return;
    }
  }

  const part: ByteRange =
    answer.kind === 'parts' && answer.parts.length === 1 ? answer.parts[0] : { start: 0, end: size };
  const length = part.end - part.start;
  fields.push('Content-Type', content.mediaType, 'Content-Length', String(length));
  const partial = answer.kind === 'parts' && answer.parts.length === 1;
  if (partial) fields.push('Content-Range', `bytes ${part.start}-${part.end - 1}/${size}`);
  const status = partial ? 206 : 200;
  if (method === 'HEAD' || length === 0) {
    response.writeHead(status, fields);
    response.end();
    return;
  }
  transfer.range = [part.start, part.end];
  if (length <= MIDDLE && transfer.owner.limit.rate === null) {
    await sendAtOnce(transfer, content, part, status, fields);
    return;
  }
  // The head waits for the first bytes: where there are none, an error can still be said.
  await transfer.pump(content.open(part.start, part.end, transfer), part.start, () => {
    response.writeHead(status, fields);
  });
  response.end();
}

/** A small range is one read and one write, head included. */
async function sendAtOnce(
  transfer: Transfer,
  content: Content,
  { start, end }: ByteRange,
  status: number,
  fields: string[],
): Promise<void> {
  const { response } = transfer;
  const reader = content.open(start, end, transfer);
  try {
    for (let position = start; position < end;) {
      const chunk = await reader.next(MIDDLE);
      if (!chunk) throw new Error('The content ended before its size');
      const from = position;
      position += chunk.bytes.length;
      if (!response.headersSent) response.writeHead(status, fields);
      if (position < end) {
        await transfer.write(chunk.bytes, from).finally(() => chunk.release());
        continue;
      }
      await transfer.finish(chunk.bytes, from).finally(() => chunk.release());
    }
  } finally {
    reader.close();
  }
}

/** Two Range fields are two ranges of opinion: none is followed. Node joins them, so the lines are counted. */
function rangeField(request: IncomingMessage): string | undefined {
  const { range } = request.headers;
  if (range === undefined || !range.includes(',')) return range;
  return countLines(request, 'range') === 1 ? range : undefined;
}

/** What a 200 would say of versions, also with a 304 (§15.4.5). */
function validatorFields({ etag, lastModified }: Content): string[] {
  const fields = [...safeFields, 'Cache-Control', 'private, no-cache'];
  if (etag !== null) fields.push('ETag', etag);
  // Not within its own second: the file may change in it again, and the date would be that of both (§8.8.2.2).
  if (lastModified !== null && isPast(lastModified)) {
    fields.push('Last-Modified', formatHttpDate(Math.max(0, lastModified)));
  }
  return fields;
}

const isPast = (second: number) => second + 1 <= Date.now() / 1000;

/** What every 200 and 206 of a version says, computed once: a player asks hundreds of times. */
function contentFields(content: Content, disposition: 'inline' | 'attachment'): string[] {
  const key = `fields ${content.name} ${disposition}`;
  const known = content.notes?.get(key) as string[] | undefined;
  if (known) return [...known];
  const fields = validatorFields(content);
  fields.push('Accept-Ranges', 'bytes');
  if (typeof content.coding === 'string') fields.push('Content-Encoding', content.coding);
  fields.push('Content-Disposition', contentDisposition(content.name, { type: disposition }));
  const policy = contentPolicy(content.mediaType);
  if (policy !== null) fields.push('Content-Security-Policy', policy);
  if (content.lastModified === null || isPast(content.lastModified)) content.notes?.set(key, fields);
  return [...fields];
}
