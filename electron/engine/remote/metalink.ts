import { XMLParser } from 'fast-xml-parser';
import { SluiceError } from '../../../shared/failure.ts';
import type { Checksum, ChecksumAlgorithm } from '../../../shared/job.ts';
import type { MetalinkFile } from './metalink-file.ts';

/** IANA names of hash functions (RFC 5854 §4.2.4), strongest first, and their length in hexadecimal digits. */
const ALGORITHMS: readonly (readonly [ChecksumAlgorithm, number])[] = [
  ['sha-512', 128],
  ['sha-256', 64],
  ['sha-1', 40],
  ['md5', 32],
];

/** Tags and attributes: a piece has two, so 100 GB in pieces of 1 MiB. Parsing time grows with them, in the transfer thread. */
const MOST_MARKUP = 250_000;

type Node = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  // A document type could define entities that grow without bound: none are processed.
  processEntities: false,
  isArray: (name) => ['file', 'url', 'hash', 'pieces'].includes(name),
});

const nodes = (value: unknown): Node[] =>
  (Array.isArray(value) ? value : []).map((item): Node =>
    typeof item === 'object' ? (item as Node) : { '#text': item },
  );
function text(value: unknown): string {
  const content = typeof value === 'object' && value !== null ? (value as Node)['#text'] : value;
  return typeof content === 'string' ? content.trim() : '';
}
const unescape = (value: string) =>
  value.replace(
    /&(amp|lt|gt|quot|apos);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '',
  );

/**
 * Reads a Metalink document, version 4 (RFC 5854) or the older 3.
 * @throws bad-response where it is none, too large, or where no file in it has an http(s) link
 */
export function parseMetalink(document: string, host: string): MetalinkFile[] {
  const bad = (detail: string) => new SluiceError('bad-response', { host, detail });
  const markup = document.matchAll(/[<=]/g).drop(MOST_MARKUP).next();
  if (markup.done !== true) throw bad('the Metalink document is too large');
  let root: Node;
  try {
    root = parser.parse(document) as Node;
  } catch (error) {
    throw new SluiceError('bad-response', { host, detail: 'the Metalink document is not valid XML' }, { cause: error });
  }
  const metalink = root['metalink'] as Node | undefined;
  // Version 3 has its files inside <files>, its links inside <resources> and its digests inside <verification>.
  const holder = (metalink?.['files'] as Node | undefined) ?? metalink;
  const files = nodes(holder?.['file'])
    .map(readFile)
    .filter((file) => file.urls.length > 0);
  if (files.length === 0) throw bad('the Metalink document names no file to download');
  return files;
}

function readFile(file: Node): MetalinkFile {
  const resources = (file['resources'] as Node | undefined) ?? file;
  const verification = (file['verification'] as Node | undefined) ?? file;
  const size = text(file['size']);
  return {
    name: unescape(text(file['@name'])),
    size: /^\d+$/.test(size) && Number.isSafeInteger(Number(size)) ? Number(size) : null,
    urls: links(nodes(resources['url'])),
    checksum: strongest(nodes(verification['hash'])),
    pieces: readPieces(nodes(verification['pieces'])),
  };
}

/** Lower `priority` goes first (§4.2.16); version 3 says `preference`, where higher goes first. */
function links(urls: readonly Node[]): string[] {
  const rank = (url: Node) =>
    url['@priority'] === undefined ? 1_000_000 - Number(text(url['@preference']) || 0) : Number(url['@priority']);
  return urls
    .map((url, i) => ({ url: unescape(text(url)), rank: Number.isFinite(rank(url)) ? rank(url) : 1_000_000, i }))
    .filter(({ url }) => /^https?:\/\//i.test(url) && URL.canParse(url))
    .toSorted((a, b) => a.rank - b.rank || a.i - b.i)
    .map(({ url }) => url);
}

function algorithmOf(name: unknown): readonly [ChecksumAlgorithm, number] | undefined {
  const plain = text(name).toLowerCase().replaceAll('-', '');
  return ALGORITHMS.find(([algorithm]) => algorithm.replace('-', '') === plain);
}

function strongest(hashes: readonly Node[]): Checksum | null {
  for (const [algorithm, length] of ALGORITHMS) {
    const hash = hashes.find((node) => algorithmOf(node['@type'])?.[0] === algorithm);
    const value = hash ? text(hash).toLowerCase() : '';
    if (value.length === length && /^[0-9a-f]+$/.test(value)) return { algorithm, value };
  }
  return null;
}

function readPieces(all: readonly Node[]): MetalinkFile['pieces'] {
  for (const pieces of all) {
    const known = algorithmOf(pieces['@type']);
    const length = Number(pieces['@length']);
    const digests = nodes(pieces['hash']).map((hash) => text(hash).toLowerCase());
    const whole = known && digests.every((digest) => digest.length === known[1] && /^[0-9a-f]+$/.test(digest));
    if (whole && Number.isSafeInteger(length) && length > 0 && digests.length > 0) {
      return { length, algorithm: known[0], digests };
    }
  }
  return null;
}
