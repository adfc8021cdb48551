/** Judges what a server answered to a case. */
import type { Case, Expected } from './case.ts';
import { fileBytes } from './content.ts';
import type { Answer, Conversation } from './exchange.ts';

/** Null where the answers are right; else what is wrong, in a few words. */
export function judge(test: Case, conversation: Conversation): string | null {
  const finals = conversation.answers.filter(({ status }) => status >= 200);
  for (const [index, allowed] of test.answers.entries()) {
    const answer = finals[index];
    const faults = allowed.map((expected) => faultOf(expected, answer, test, conversation));
    if (!faults.includes(null)) return faults[0] ?? 'nothing is expected';
  }
  if (finals.length > test.answers.length) return `${finals.length} answers`;
  if (conversation.rest.length > 0 && finals.length > 0) return `${conversation.rest.length} stray bytes after it`;
  return null;
}

/** The answers in a few words, for a report. */
export function summary({ answers, closed }: Conversation): string {
  if (answers.length === 0) return closed ? 'closed' : 'nothing';
  return answers
    .map(
      ({ status, fields }) => `${status}${fields['content-range'] === undefined ? '' : ` ${fields['content-range']}`}`,
    )
    .join(', ');
}

function faultOf(expected: Expected, answer: Answer | undefined, test: Case, { closed }: Conversation): string | null {
  if (!answer) return expected.status.includes(0) && closed ? null : 'no answer';
  if (!expected.status.includes(answer.status)) return `status ${answer.status}`;
  if (!answer.complete) return 'the body is shorter than its length';
  for (const [name, wanted] of Object.entries(expected.fields ?? {})) {
    const value = answer.fields[name];
    if (wanted === null) {
      if (value !== undefined) return `${name}: ${value}`;
    } else if (value === undefined) return `no ${name}`;
    else if (typeof wanted === 'string' ? value !== wanted : !wanted.test(value)) return `${name}: ${value}`;
  }
  if (expected.closes === true && !closed) return 'the connection stays open';
  return bodyFault(expected.body, answer, test);
}

function bodyFault(wanted: Expected['body'], { body, fields }: Answer, { file }: Case): string | null {
  if (wanted === undefined) return null;
  if (wanted === 'empty') return body.length === 0 ? null : `${body.length} bytes of body`;
  if (wanted === 'whole') return body.equals(fileBytes(file)) ? null : 'another body';
  if (wanted === 'error') return body.length === 0 || !fileBytes(file).includes(body) ? null : 'bytes of the file';
  if ('parts' in wanted) return multipartFault(wanted.parts, body, fields['content-type'] ?? '', file);
  const [start, end] = wanted;
  return body.equals(fileBytes(file, start, end)) ? null : 'other bytes';
}

/** RFC 9110 §14.6, RFC 2046 §5.1.1. */
function multipartFault(
  parts: readonly (readonly [number, number])[],
  body: Buffer,
  contentType: string,
  file: Case['file'],
): string | null {
  const boundary = /^multipart\/byteranges;\s*boundary="?([^"]+)"?$/.exec(contentType)?.[1];
  if (boundary === undefined) return `content-type: ${contentType}`;
  const text = body.toString('latin1');
  const pieces = text.split(`--${boundary}`);
  if (!pieces.at(-1)?.startsWith('--')) return 'no closing boundary';
  const inner = pieces.slice(1, -1);
  if (inner.length !== parts.length) return `${inner.length} parts`;
  for (const [index, [start, end]] of parts.entries()) {
    const piece = inner[index] ?? '';
    const split = piece.indexOf('\r\n\r\n');
    const head = piece.slice(0, split).toLowerCase();
    if (!new RegExp(`content-range: bytes ${start}-${end - 1}/`).test(head)) return `part ${index + 1}: ${head.trim()}`;
    if (!head.includes('content-type:')) return `part ${index + 1} has no content-type`;
    if (!Buffer.from(piece.slice(split + 4, -2), 'latin1').equals(fileBytes(file, start, end))) {
      return `part ${index + 1} has other bytes`;
    }
  }
  return null;
}
