/** The ways in which a download comes to know what its file has to be. */
import { generatedBytes } from '../servers/generated-bytes.ts';
import { pieceDigests } from '../servers/piece-digests.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import type { Random } from '../servers/random.ts';

export const PROOFS = [
  ['nothing', 4],
  /** A checksum that the person gives. */
  ['given', 3],
  /** One that is of no file there. */
  ['wrong', 0.5],
  /** Repr-Digest (RFC 9530), in each response. */
  ['digest', 1],
  /** A file of checksums beside the link. */
  ['neighbour', 1],
  /** A Metalink document (RFC 5854): checksum, pieces and mirrors. */
  ['metalink', 3],
] as const;
export type Proof = (typeof PROOFS)[number][0];

/** Response fields that tell the digest of the whole file. */
export function digestFields(sha256: string): Record<string, string> {
  return { 'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` };
}

/** What a person says of the checksum, if anything. */
export function requestedChecksum(proof: Proof, sha256: string): string | undefined {
  if (proof === 'given') return `sha-256:${sha256}`;
  if (proof === 'wrong') return `sha-256:${sha256.replace(/^../, (first) => (first === '00' ? '01' : '00'))}`;
  return proof === 'neighbour' ? 'auto' : undefined;
}

export interface MetalinkOptions {
  readonly name: string;
  readonly size: number;
  readonly seed: number;
  readonly sha256: string;
  readonly urls: readonly string[];
}

/** A server that has nothing but a Metalink document of one file. */
export async function serveMetalink(random: Random, options: MetalinkOptions): Promise<RangeServer> {
  const { name, size, seed, sha256, urls } = options;
  const length = random.pick([256 << 10, 1 << 20]);
  const digests = pieceDigests(generatedBytes(seed), size, length);
  const document = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    `<file name="${name}">`,
    `<size>${size}</size>`,
    `<hash type="sha-256">${sha256}</hash>`,
    `<pieces length="${length}" type="sha-1">${digests.map((digest) => `<hash>${digest}</hash>`).join('')}</pieces>`,
    ...urls.map((url, n) => `<url priority="${n + 1}">${url}</url>`),
    '</file></metalink>',
  ].join('\n');
  return startRangeServer({
    bytes: Buffer.from(document),
    path: `/${name}.meta4`,
    contentType: 'application/metalink4+xml',
  });
}
