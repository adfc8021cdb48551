import type { Failure, FailureCode } from '../../../shared/failure.ts';
import type { AttentionChoice } from '../../../shared/job.ts';

const choices: Partial<Record<FailureCode, readonly AttentionChoice[]>> = {
  changed: ['start-over', 'keep', 'open-link'],
  'other-file': ['new-link', 'start-over', 'keep'],
  'part-missing': ['start-over', 'retry'],
  'checksum-mismatch': ['start-over', 'keep'],
  'size-mismatch': ['retry', 'start-over', 'keep'],
  'link-expired': ['new-link', 'open-link', 'retry', 'start-over', 'keep'],
  forbidden: ['new-link', 'open-link', 'login', 'retry', 'keep'],
  'not-found': ['new-link', 'open-link', 'retry', 'keep'],
  'insecure-redirect': ['new-link', 'allow-http', 'open-link', 'retry', 'keep'],
  'login-needed': ['login', 'new-link', 'open-link', 'retry', 'keep'],
  'credentials-missing': ['login', 'new-link', 'keep'],
  'certificate-untrusted': ['trust', 'retry'],
  'database-untrusted': ['retry', 'keep'],
  'captive-page': ['open-link', 'retry'],
  'disk-full': ['change-folder', 'retry', 'keep'],
  'disk-error': ['retry', 'change-folder', 'keep'],
  'folder-missing': ['retry', 'change-folder', 'keep'],
  'folder-not-writable': ['change-folder', 'retry', 'keep'],
};

/** Choices about a job's link: only downloads have one. */
export const ofLinks: ReadonlySet<AttentionChoice> = new Set<AttentionChoice>([
  'new-link',
  'open-link',
  'login',
  'allow-http',
]);

/** What a person can do about a failure that stopped a job with its progress kept; the likeliest first. */
export function choicesFor(code: FailureCode): AttentionChoice[] {
  return [...(choices[code] ?? ['retry', 'start-over', 'keep'])];
}

/**
 * True where another origin refuses than `own`, which led to it. Credentials go to the link's own origin only: any site
 * could redirect to one that the person knows, and be given the password meant for that one; and from http to https it
 * would go out in clear.
 */
export function isOfAnotherOrigin({ params }: Failure, own: string | null): boolean {
  return params['origin'] !== undefined && params['origin'] !== own;
}

/** Failures that a person can lift with one answer, so that they ask for it even before anything began. */
const asked: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'certificate-untrusted',
  'insecure-redirect',
  'login-needed',
]);

export function isAsked(code: FailureCode): boolean {
  return asked.has(code);
}
