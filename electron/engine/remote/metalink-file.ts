import type { Checksum, ChecksumAlgorithm } from '../../../shared/job.ts';

/** A file as a Metalink document describes it (RFC 5854): where it is, and what proves it. */
export interface MetalinkFile {
  readonly name: string;
  readonly size: number | null;
  /** http and https links, the preferred first. */
  readonly urls: readonly string[];
  /** The strongest digest of the whole. */
  readonly checksum: Checksum | null;
  /** Digests of equal pieces: `length` bytes each, all but the last. */
  readonly pieces: { length: number; algorithm: ChecksumAlgorithm; digests: readonly string[] } | null;
}

/** True for a media type or a link that announces a Metalink document. */
export function isMetalink(contentType: string | null, url: URL): boolean {
  return /^\s*application\/metalink4?\+xml\b/i.test(contentType ?? '') || /\.(meta4|metalink)$/i.test(url.pathname);
}

/**
 * Reads a Metalink document. The XML parser is loaded when the first one comes: no other download pays for it.
 * @throws bad-response where it is none, or names no file to download
 */
export async function readMetalink(document: string, host: string): Promise<MetalinkFile[]> {
  const { parseMetalink } = await import('./metalink.ts');
  return parseMetalink(document, host);
}
