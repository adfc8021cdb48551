/** What a feed gives, and how messages are written as lines of JSON. Pure. */

/** One record on its way from the feed to the file. */
export interface FeedRecord {
  /** A line without its end. */
  readonly data: Buffer;
  /** When it was received, ms since the epoch. */
  readonly at: number;
  /** Where a source that can replay goes on after this record; null where it cannot. */
  readonly position: string | null;
  /** What a replay of it is recognised by; null where it cannot be. */
  readonly key: string | null;
}

/** A message as one line of NDJSON: when it came, what the feed says of it, and what it holds. */
export function messageLine(
  at: number,
  fields: Readonly<Record<string, string | number | null | undefined>>,
  content: string | Buffer,
): Buffer {
  let line = `{"at":"${timeOf(at)}"`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) line += `,"${name}":${JSON.stringify(value)}`;
  }
  line += typeof content === 'string' ? `,"data":${jsonOf(content)}}` : `,"base64":"${content.toString('base64')}"}`;
  return Buffer.from(line, 'utf8');
}

/** A JSON object or array as it is, digit for digit; any other text as a JSON string. */
function jsonOf(text: string): string {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return JSON.stringify(text);
  // Line ends in JSON stand between its tokens only.
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
}

/** True for one whole JSON value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

let lastAt = NaN;
let lastTime = '';

/** ISO 8601 in UTC. Many records come in the same millisecond. */
function timeOf(at: number): string {
  if (at !== lastAt) {
    lastAt = at;
    lastTime = new Date(at).toISOString();
  }
  return lastTime;
}
