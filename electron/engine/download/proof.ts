/** What proves that a response is of the version whose bytes are here: its own validators, or the bytes before a gap. */
import type { Identity, Resumability } from '../../../shared/job.ts';
import {
  field,
  identityOf,
  resumabilityOf,
  strongEtag,
  type Exchange,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';

/** What is known of the version that the bytes on the disk are of. */
export interface Known {
  readonly identity: Identity;
  readonly resumability: Resumability;
}

/** Bytes fetched again before a resume point where no validator proves that the file is the same (fault 28). */
export const OVERLAP = 64 * 1024;

/** A whole file with fewer bytes than are here already (fault 6). */
export const SHORTER: Verdict = { kind: 'changed', detail: 'it is shorter now', onlyEtag: false };

/** What the server has there is not what is on the disk (fault 28). */
export const OTHER_BYTES: Verdict = {
  kind: 'changed',
  detail: 'its bytes are others than those that are here',
  onlyEtag: false,
};

/** Nothing says that it is the same file, and there is nothing to compare it with. */
export const UNPROVEN: Verdict = {
  kind: 'changed',
  detail: 'the server does not say which version of it this is',
  onlyEtag: false,
};

/** Told where ETags prove nothing (fault 29). */
export const ETAG_VARIES = 'The server marks each answer as another version: bytes are compared instead';

/** True where a validator tells one version of the file from another. */
export function isProven(resumability: Resumability): boolean {
  return resumability === 'strong-etag' || resumability === 'last-modified';
}

/**
 * True where a response says by itself that it is of the known version: by the strong ETag, which every 206 has to repeat
 * (RFC 9110 §15.3.7), or by the strong Last-Modified where there was no ETag. One that says nothing proves nothing,
 * whatever the condition was: there are servers that pay no heed to conditions.
 */
export function provesSame({ identity, resumability }: Known, head: ResponseHead): boolean {
  // A proxy changed it on its way, and let the validators stand (RFC 9110 §15.3.4).
  if (head.status === 203) return false;
  const etag = strongEtag(identity.etag);
  if (etag !== null) return strongEtag(field(head, 'etag')) === etag;
  return resumability === 'last-modified' && field(head, 'last-modified') === identity.lastModified;
}

/**
 * What is known once the bytes of a part were found to be those on the disk: its own validators hold from then on.
 * @param etagVaries each answer has another ETag (fault 29): it tells nothing
 */
export function learnt(known: Known, { head: all, url }: Exchange, size: number | null, etagVaries: boolean): Known {
  const head = etagVaries ? { ...all, fields: all.fields.filter(([name]) => name !== 'etag') } : all;
  const said = identityOf(head, url, size);
  // An equal date alone is no proof then: nodes that have other files may have dated them alike.
  const resumability = etagVaries ? 'size-only' : resumabilityOf(head, { kind: 'part', start: 0, end: 0, total: size });
  if (isProven(resumability)) return { identity: said, resumability };
  const { etag, lastModified } = known.identity;
  return {
    identity: { ...said, etag: said.etag ?? etag, lastModified: said.lastModified ?? lastModified },
    resumability,
  };
}
