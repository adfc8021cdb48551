import type { Checksum, ChecksumAlgorithm } from '../../../shared/job.ts';
import { fetchText, field, type RemoteRequest, type ResponseHead } from '../remote/index.ts';

/** Strongest first. */
const PREFERRED: readonly ChecksumAlgorithm[] = ['sha-512', 'sha-256', 'sha-1', 'md5'];
const LENGTHS: Readonly<Record<ChecksumAlgorithm, number>> = { 'sha-512': 64, 'sha-256': 32, 'sha-1': 20, md5: 16 };
const NAMES: Readonly<Record<string, ChecksumAlgorithm>> = {
  'sha-512': 'sha-512',
  'sha-256': 'sha-256',
  sha: 'sha-1',
  'sha-1': 'sha-1',
  md5: 'md5',
};

/** A digest in base64 as a checksum, if it has the length of its algorithm. */
function checksum(algorithm: ChecksumAlgorithm, base64: string): Checksum | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === LENGTHS[algorithm] ? { algorithm, value: bytes.toString('hex') } : null;
}

/** Members of a dictionary of byte sequences, `name=:base64:` (RFC 9530 §2), or of the older `name=base64` (RFC 3230). */
function members(value: string): Checksum[] {
  return value.split(',').flatMap((member) => {
    const [, name = '', base64 = ''] = /^([\w-]{1,32})=:?([A-Za-z0-9+/]{1,100}={0,2})/.exec(member.trim()) ?? [];
    const algorithm = NAMES[name.toLowerCase()];
    const found = algorithm && checksum(algorithm, base64);
    return found ? [found] : [];
  });
}

/**
 * The strongest checksum of the whole file that a response tells: Repr-Digest (RFC 9530 §3; it speaks of the whole
 * also on a 206), the older Digest (RFC 3230), Content-Digest where the content is the whole (200 only), and what S3
 * and Google's storage say in fields of their own. S3's composite checksums, of parts, are no use here.
 */
export function digestOf(head: ResponseHead): Checksum | null {
  const found: Checksum[] = [];
  for (const name of ['repr-digest', 'digest', ...(head.status === 200 ? ['content-digest'] : [])]) {
    found.push(...members(field(head, name) ?? ''));
  }
  // It speaks of the object as it is stored: one that is unpacked on the way has other bytes.
  const stored = field(head, 'x-goog-stored-content-encoding') ?? 'identity';
  const hash = stored === (field(head, 'content-encoding') ?? 'identity') ? field(head, 'x-goog-hash') : null;
  if (hash) found.push(...members(hash));
  if ((field(head, 'x-amz-checksum-type') ?? 'FULL_OBJECT').toUpperCase() === 'FULL_OBJECT') {
    for (const [name, algorithm] of [
      ['x-amz-checksum-sha256', 'sha-256'],
      ['x-amz-checksum-sha1', 'sha-1'],
    ] as const) {
      const value = field(head, name);
      const digest = value && !value.includes('-') ? checksum(algorithm, value) : null;
      if (digest) found.push(digest);
    }
  }
  found.sort((a, b) => PREFERRED.indexOf(a.algorithm) - PREFERRED.indexOf(b.algorithm));
  return found[0] ?? null;
}

/** No path is longer (bytes of PATH_MAX). */
const MOST_LINE = 4096 + 200;

/**
 * The checksum of `name` in a text like that of `sha256sum`: lines of a digest, two spaces (or ` *`) and a name; or the
 * bare digest alone. Null where there is none.
 */
export function digestInText(text: string, name: string, algorithm: ChecksumAlgorithm): Checksum | null {
  const hex = LENGTHS[algorithm] * 2;
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line.length <= MOST_LINE);
  const bare = new RegExp(`^([0-9a-f]{${hex}})$`, 'i');
  const named = new RegExp(`^([0-9a-f]{${hex}})[ \\t]+\\*?(.+)$`, 'i');
  for (const line of lines) {
    const match = named.exec(line);
    const base = match?.[2]?.split(/[/\\]/).at(-1);
    if (match?.[1] && base === name) return { algorithm, value: match[1].toLowerCase() };
  }
  const only = lines.length === 1 ? (bare.exec(lines[0] ?? '') ?? named.exec(lines[0] ?? '')) : null;
  return only?.[1] && !named.test(lines[0] ?? '') ? { algorithm, value: only[1].toLowerCase() } : null;
}

/** Names under which checksums lie beside files, and what they hold. */
const NEIGHBOURS: readonly (readonly [suffix: string, ChecksumAlgorithm])[] = [
  ['.sha256', 'sha-256'],
  ['.sha512', 'sha-512'],
  ['.sha1', 'sha-1'],
  ['.md5', 'md5'],
];
/** A file of checksums has some 100 bytes a line. */
const MOST_TEXT = 256 * 1024;
/** Ms for all of them together: the file's own answer has come already, and waits. */
const PATIENCE = 10_000;

/** The checksum in a file beside the link (LINK.sha256 …); the strongest kind is asked for first. Null: none there. */
export async function findNeighbour(
  { url: link, headers }: RemoteRequest,
  name: string,
  context: Parameters<typeof fetchText>[1],
): Promise<Checksum | null> {
  const original = new URL(link).pathname.split('/').at(-1) ?? '';
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE)]);
  for (const [suffix, algorithm] of NEIGHBOURS) {
    const url = new URL(link);
    url.pathname += suffix;
    const text = await fetchText({ url: url.href, headers }, { ...context, signal }, MOST_TEXT).catch(() => null);
    const found = text && (digestInText(text, name, algorithm) ?? digestInText(text, original, algorithm));
    if (found) return found;
    context.signal.throwIfAborted();
  }
  return null;
}
