/**
 * File names out of what remotes and people say. Every name that leaves here is a single, harmless path segment on
 * Linux, macOS and Windows alike, so that a job can move between machines and a home folder (faults.md 71).
 */
import { decodeExtended, parse } from 'content-disposition';

/** Suffix of the unfinished file. */
export const PART_SUFFIX = '.sluice';

/** Used where nothing usable is left of a name. */
const FALLBACK = 'download';

/** Bytes of UTF-8: 255 (ext4, APFS) less `.sluice` and ` (1234567)`. Never more UTF-16 units than NTFS allows. */
const MAX_BYTES = 240;

/** Characters without a shape that can hide what a name really is: bidi controls (“exe.fdp” shown as “pdf.exe”). */
const invisible = /[\p{Bidi_Control}\u200b\u2060-\u2064\ufeff]/gu;

/** Controls, separators of any of the systems, and what Windows refuses; `:` also opens an alternate data stream. */
const forbidden = /[\p{Cc}\u2028\u2029<>:"/\\|?*]/gu;

/** Windows devices, which exist in every folder, with any extension and with spaces before it. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*(?:\.|$)/i;

/** UTF-16 units that are looked at: what is longer is cut in the middle first, for the patterns take their time. */
const MOST_LOOKED_AT = 4096;

/** Makes any text a harmless file name that is never empty. The same name comes out when it is put in again. */
export function safeFileName(raw: string): string {
  const looked = raw.length > MOST_LOOKED_AT ? raw.slice(0, MOST_LOOKED_AT - 64) + raw.slice(-64) : raw;
  let name = looked
    .toWellFormed()
    .replace(invisible, '')
    .normalize('NFC')
    .replace(forbidden, '_')
    .trimStart()
    // Windows drops dots and spaces at the end, so that two names would mean one file.
    .replace(/[\s.]+$/u, '')
    // A file that hides itself, or is read by a shell, is nothing a remote may ask for.
    .replace(/^\.+/, '_');
  if (name === '') return FALLBACK;
  if (device.test(name)) name = `_${name}`;
  return shorten(name);
}

/** The `n`-th name to try where a name is taken: “a.txt”, “a (1).txt”, “a (2).txt”. */
export function numberedName(name: string, n: number): string {
  if (n === 0) return name;
  const [stem, extension] = splitName(name);
  return `${stem} (${n})${extension}`;
}

/** Stem and extension with its dot; what a compression unpacks to (“.tar.gz”, “.csv.zst”) stays with it. */
function splitName(name: string): [string, string] {
  const match = /^(.+?)((?:\.tar|\.[a-z][^.\s]{0,7}(?=\.(?:gz|zst|br|xz|bz2)$))?\.[^.\s]{1,16})$/isu.exec(name);
  return match ? [match[1]!, match[2]!] : [name, ''];
}

/** Cuts the stem between characters as a person sees them, and keeps the extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const [stem, extension] = splitName(name);
  const room = MAX_BYTES - Buffer.byteLength(extension);
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(stem)) {
    used += Buffer.byteLength(segment);
    if (used > room) break;
    kept += segment;
  }
  return (kept.replace(/[\s.]+$/u, '') || FALLBACK) + extension;
}

/**
 * The safe file name in a Content-Disposition field (RFC 6266, RFC 8187), or null where there is none.
 * `filename*` wins over `filename`. What real servers send is read too: raw UTF-8 (here as Latin-1, as HTTP heads are
 * read), a percent-encoded `filename`, a quoted `filename*`, paths, a quote that never ends, and a field without its type.
 */
export function nameFromContentDisposition(header: string): string | null {
  let text = utf8FromLatin1(header.slice(0, 4 * MOST_LOOKED_AT))
    // A backslash that escapes neither a quote nor itself is part of a DOS path.
    .replace(/\\(?!["\\])/g, '\\\\');
  if ((text.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) text += '"';
  if (/^\s*filename\*?\s*=/i.test(text)) text = `attachment; ${text}`;
  const { parameters } = parse(text);
  const extended = parameters['filename*'];
  const plain = parameters['filename'];
  const name = (extended && decodeAnyExtended(extended)) || (plain && decodePercent(plain));
  // Only the last segment of a path counts (RFC 6266 §4.3).
  const last = name?.split(/[/\\]/).findLast((segment) => !/^[\s.]*$/.test(segment));
  return last === undefined ? null : safeFileName(last);
}

/** The safe file name that a link ends in; “download” where its path ends in none. */
export function nameFromUrl(url: URL): string {
  const last = url.pathname.split('/').findLast((segment) => segment !== '');
  return safeFileName(decodePercent(last ?? ''));
}

/** Reads text whose bytes are UTF-8 but were taken for Latin-1; any other text stays as it is. */
function utf8FromLatin1(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text; // oxlint-disable-line no-control-regex
  return decodeBytes(Buffer.from(text, 'latin1'), 'utf-8') ?? text;
}

/** `charset'language'percent-encoded` in any charset that this machine knows; RFC 8187 asks for UTF-8 only. */
function decodeAnyExtended(value: string): string | undefined {
  const standard = decodeExtended(value);
  if (standard !== undefined) return standard;
  const match = /^([^']*)'[^']*'(.*)$/s.exec(value);
  if (!match) return decodePercent(value);
  const bytes = Buffer.from(
    match[2]!.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return decodeBytes(bytes, match[1] || 'utf-8') ?? bytes.toString('latin1');
}

function decodeBytes(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
