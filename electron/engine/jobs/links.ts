/** A job's links: which one it uses, what proves another one, and the way back. Changes only the record. */
import { SluiceError } from '../../../shared/failure.ts';
import type { DownloadJournal } from '../download/index.ts';
import type { DownloadRecord } from './job-record.ts';
import { coverage } from './ranges.ts';

/** A link that a job has besides the one it uses. */
export type OtherLink =
  /** Where the bytes came from before a person gave a new link; the job goes back to it where that leads elsewhere. */
  | { readonly kind: 'old'; readonly url: string; readonly journal: DownloadJournal }
  /** The new link that led to another file: what “start over” means then. */
  | { readonly kind: 'refused'; readonly url: string };

/** Bytes of it are on the disk. */
export function hasBegun(job: DownloadRecord): boolean {
  return coverage(job.journal?.committed ?? []) > 0;
}

/** Points a job at another link. Credentials stay with the origin that they were given for. */
export function pointAt(job: DownloadRecord, url: string): void {
  job.secretsOrigin ??= new URL(job.url).origin;
  job.url = url;
  job.host = new URL(url).host;
  if (!job.journal) return;
  // Validators are the old server's own: the new one has to show the same size and the same bytes before each gap.
  const identity = { ...job.journal.identity, etag: null, lastModified: null };
  job.journal = { ...job.journal, identity, resumability: 'size-only' };
}

/** Tries a link that the person gave, with the way back open. */
export function tryLink(job: DownloadRecord, url: string): void {
  const { journal, otherLink } = job;
  if (journal && otherLink?.kind !== 'old') job.otherLink = { kind: 'old', url: job.url, journal };
  pointAt(job, url);
}

/** The link that was tried leads to another file: back to the old one, and to the bytes that are surely from there. */
export function goBack(job: DownloadRecord): boolean {
  const { otherLink } = job;
  if (otherLink?.kind !== 'old') return false;
  const refused = job.url;
  pointAt(job, otherLink.url);
  // The part file may have moved meanwhile.
  const { name, born } = job.journal ?? otherLink.journal;
  job.journal = { ...otherLink.journal, name, born };
  job.otherLink = { kind: 'refused', url: refused };
  return true;
}

/**
 * Takes the next mirror instead of a link that failed.
 * @param keep the failed one may be tried again, after all the others
 * @returns what to tell; null where there is no other
 */
export function takeMirror(job: DownloadRecord, keep: boolean): string | null {
  const [next, ...rest] = job.mirrors;
  if (next === undefined) return null;
  const { host } = job;
  job.mirrors = keep ? [...rest, job.url] : rest;
  job.otherLink = null;
  pointAt(job, next);
  return `Taking ${job.host} instead of ${host}`;
}

/** The Authorization value of a user name and a password (RFC 7617). */
export function basic(username: string | undefined, password: string | undefined): string {
  if (!username) throw new SluiceError('bad-input', { detail: 'Give a user name and a password.' });
  if (/[\p{Cc}:]/u.test(username) || /\p{Cc}/u.test(password ?? '')) {
    throw new SluiceError('bad-input', { detail: 'A user name has no colon, and neither has control characters.' });
  }
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}
