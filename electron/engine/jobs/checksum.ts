import { SluiceError } from '../../../shared/failure.ts';
import type { Checksum, ChecksumAlgorithm } from '../../../shared/job.ts';

/** Hexadecimal digits of each algorithm's value; the number tells the algorithm of bare hex. */
const digits: Readonly<Record<ChecksumAlgorithm, number>> = { 'sha-256': 64, 'sha-512': 128, 'sha-1': 40, md5: 32 };
const algorithms = Object.keys(digits) as ChecksumAlgorithm[];

/**
 * Reads a checksum as people copy it: “sha-256:hex”, “sha256:hex”, “SHA256 = hex”, bare hex, or the form of the
 * Repr-Digest field (RFC 9530): “sha-256=:base64:”.
 * @throws bad-checksum
 */
export function parseChecksum(text: string): Checksum {
  const match = /^\s*(?:([a-z0-9-]+)\s*[:=]\s*)?(?:([0-9a-f]+)|:([a-z0-9+/]+=*):)\s*$/i.exec(text);
  const value = match?.[2]?.toLowerCase() ?? Buffer.from(match?.[3] ?? '', 'base64').toString('hex');
  const label = match?.[1]?.toLowerCase().replaceAll('-', '');
  const algorithm = algorithms.find(
    (known) => digits[known] === value.length && (label === undefined || label === known.replace('-', '')),
  );
  if (!algorithm) throw new SluiceError('bad-checksum', { text: text.trim().slice(0, 200) });
  return { algorithm, value };
}
