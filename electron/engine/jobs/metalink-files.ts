/** From a Metalink document (RFC 5854) to the jobs that take the place of the one that led to it. */
import { SluiceError } from '../../../shared/failure.ts';
import type { Checksum } from '../../../shared/job.ts';
import type { PieceDigests } from '../download/index.ts';
import { nameFromUrl, safeFileName } from '../files/index.ts';
import type { MetalinkFile } from '../remote/index.ts';
import type { DownloadRecord } from './job-record.ts';
import { splitLink } from './request.ts';
import type { Secrets } from './secrets.ts';

/** As many as can be added at once by hand. */
const MOST_FILES = 10_000;
/** Mirrors of one file that are kept: the preferred ones. */
const MOST_MIRRORS = 32;

/** What a file of the document makes of a job. */
export interface FileOfDocument {
  readonly url: string;
  readonly host: string;
  readonly mirrors: readonly string[];
  readonly wantedName: string | null;
  readonly name: string;
  readonly checksum: Checksum | null;
  readonly pieces: PieceDigests | null;
  readonly expectedSize: number | null;
  readonly size: number | null;
  readonly fromMetalink: true;
  readonly secrets: Secrets;
}

/**
 * The files of a document.
 * @param own secrets of the job that led to the document: header fields for its origin
 * @throws bad-response where the document is not to be followed
 */
export function filesOf(job: DownloadRecord, files: readonly MetalinkFile[], own: Secrets): FileOfDocument[] {
  const refuse = (detail: string) => new SluiceError('bad-response', { host: job.host, detail });
  // A document that names itself would go on for ever.
  if (job.fromMetalink) throw refuse('a Metalink document leads to another one');
  if (files.length > MOST_FILES) throw refuse(`the Metalink document names more than ${MOST_FILES} files`);
  const { origin, protocol, hostname: host } = new URL(job.url);
  const mayBePlain = protocol === 'http:' || job.plainHttp.includes(host);
  return files.map((file) => {
    // What the person asked for goes before what the document says, where it can only mean this file.
    const checksum = (files.length === 1 ? job.checksum : null) ?? file.checksum;
    const proven = checksum !== null || file.pieces !== null;
    // Unproven, a file comes no less safely than the document that named it.
    const links = file.urls.filter((url) => proven || mayBePlain || url.startsWith('https:')).map(splitLink);
    const [first, ...others] = links.slice(0, 1 + MOST_MIRRORS);
    if (!first) throw new SluiceError('insecure-redirect', { host });
    const mirrors = proven ? others : [];
    const withCredentials = [first, ...mirrors].filter(({ url, whole }) => url !== whole);
    const name = (files.length === 1 ? job.wantedName : null) ?? (file.name ? safeFileName(file.name) : null);
    return {
      url: first.url,
      host: new URL(first.url).host,
      mirrors: [...new Set(mirrors.map(({ url }) => url))].filter((url) => url !== first.url),
      wantedName: name,
      name: name ?? nameFromUrl(new URL(first.url)),
      checksum,
      pieces: file.pieces,
      expectedSize: file.size,
      size: file.size,
      fromMetalink: true,
      secrets: {
        // Another origin gets nothing of what was meant for this one.
        ...(new URL(first.url).origin === origin ? own : {}),
        ...Object.fromEntries(withCredentials.map(({ url, whole }) => [url, whole])),
      },
    };
  });
}
