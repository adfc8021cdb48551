import { foreignScheme } from '../../../shared/link.ts';
import type { DownloadRequest } from '../../../shared/download.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { isCurl, parseCurl } from './parse-curl.ts';

/** One line of the smart box: what it asks for, or why it asks for nothing. */
export interface Entry {
  /** The text as typed, on one line; unique in the box. */
  readonly text: string;
  readonly request: DownloadRequest | null;
  readonly failure: Failure | null;
}

/** What a person typed or pasted: links, one a line or separated by blanks, and `curl` commands. */
export function parseInput(input: string): Entry[] {
  const entries = new Map<string, Entry>();
  // A command may go on over lines that end in \ (or ^ where it was copied on Windows).
  const lines = input.replace(/[\\^]\r?\n/g, ' ').split(/\r?\n/);
  for (const line of lines.map((line) => line.trim()).filter(Boolean)) {
    const links = isCurl(line) ? [line] : splitLinks(line);
    for (const text of links) if (!entries.has(text)) entries.set(text, entryOf(text));
  }
  return [...entries.values()];
}

function entryOf(text: string): Entry {
  const parsed = isCurl(text) ? parseCurl(text) : { request: { url: text } };
  if ('failure' in parsed) return { text, request: null, failure: parsed.failure };
  const wrong = wrongWith(parsed.request.url);
  return wrong ? { text, request: null, failure: wrong } : { text, request: parsed.request, failure: null };
}

/** A line of several links, as a drop or a copied list may have; any other text stays whole. */
function splitLinks(line: string): string[] {
  const words = line.split(/\s+/);
  return words.every((word) => word.includes('://')) ? words : [line];
}

/** The sentence for what can be seen without asking anyone; the engine has the last word. */
function wrongWith(url: string): Failure | null {
  const scheme = /\s/.test(url) ? null : foreignScheme(url);
  if (scheme) return failure('unsupported-scheme', { scheme });
  const isLink = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && !/\s/.test(url);
  return isLink ? null : failure('not-a-url', { text: shorten(url) });
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
