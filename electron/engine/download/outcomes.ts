import { failure, toFailure, type FailureCode } from '../../../shared/failure.ts';
import type { Verdict } from '../remote/index.ts';
import type { DownloadOutcome } from './types.ts';

/** Failures that a person decides about, whenever they come. */
const ALWAYS_ATTENTION: ReadonlySet<FailureCode> = new Set([
  'changed',
  'link-expired',
  'captive-page',
  'certificate-untrusted',
  'disk-full',
  'part-missing',
]);
/** With something to lose these wait for the person, else the download has just failed. */
const ATTENTION_ONCE_BEGUN: ReadonlySet<FailureCode> = new Set([
  'folder-missing',
  'folder-not-writable',
  'disk-error',
  'login-needed',
  'forbidden',
  'not-found',
  // Another link, plain http if it has to be, is the person's word that it may be (fault 54).
  'insecure-redirect',
]);
/** A new link that does not even connect is most likely wrong, and the person should know at once; these are not. */
const RETRIED_FRESH: ReadonlySet<FailureCode> = new Set(['connection-lost', 'connection-timed-out', 'too-busy']);

/** How far a run has come: decides between “failed” and “kept for another try”. */
export interface Progress {
  /** An earlier run left something, or this one has received something. */
  readonly begun: boolean;
  /** This run has received something. */
  readonly progressed: boolean;
}

/** How a run ends for something that was thrown. */
export function outcomeOf(error: unknown, { begun, progressed }: Progress): DownloadOutcome {
  const failed = toFailure(error);
  const { code } = failed;
  if (ALWAYS_ATTENTION.has(code) || (begun && ATTENTION_ONCE_BEGUN.has(code)))
    return { kind: 'attention', failure: failed };
  const again = begun ? failed.retryable || code === 'bad-response' : RETRIED_FRESH.has(code);
  if (again) return { kind: 'retry', failure: failed, retryAfter: null, progressed };
  return { kind: 'failed', failure: failed };
}

/** How a run ends for a response that carries no bytes of the file. */
export function outcomeOfVerdict(verdict: Verdict, { begun, progressed }: Progress): DownloadOutcome {
  switch (verdict.kind) {
    case 'changed':
      return { kind: 'attention', failure: failure('changed', { detail: verdict.detail }) };
    case 'later':
      return { kind: 'retry', failure: verdict.failure, retryAfter: verdict.retryAfter, progressed };
    case 'refused':
      if (ALWAYS_ATTENTION.has(verdict.failure.code)) return { kind: 'attention', failure: verdict.failure };
      return { kind: begun ? 'attention' : 'failed', failure: verdict.failure };
    case 'broken':
      return { kind: 'retry', failure: verdict.failure, retryAfter: null, progressed };
    case 'failed':
      return { kind: 'failed', failure: verdict.failure };
    case 'ask-without':
      return { kind: 'attention', failure: failure('changed', { detail: 'it has no such bytes any more' }) };
    default:
      return { kind: 'failed', failure: failure('internal', { detail: `a response judged “${verdict.kind}”` }) };
  }
}
