import type { DownloadSpec, PieceDigests } from '../download/index.ts';
import type { DownloadRecord } from './job-record.ts';
import { headersOf, type Secrets, wholeLink } from './secrets.ts';

/**
 * What the download room is asked for.
 * @param usual connections of a job that has no number of its own; null: adaptive
 */
export function specOf(
  record: DownloadRecord,
  secrets: Secrets,
  pieces: PieceDigests | null,
  usual: number | null,
): DownloadSpec {
  const { id, url, folder, wantedName: name, limit, checksum, findChecksum, plainHttp, secretsOrigin } = record;
  // Credentials go to no origin but the one that they were given for.
  const own = secretsOrigin === null || secretsOrigin === new URL(url).origin;
  return {
    id,
    url: wholeLink(secrets, url),
    headers: { ...record.headers, ...(own ? headersOf(secrets) : {}) },
    plainHttp,
    folder,
    name,
    connections: record.connections ?? usual,
    limit,
    checksum,
    findChecksum,
    // Mirrors are strangers: only what proves the file makes their bytes worth having.
    mirrors: checksum || pieces ? record.mirrors.map((mirror) => wholeLink(secrets, mirror)) : [],
    ...(pieces ? { pieces } : {}),
  };
}
