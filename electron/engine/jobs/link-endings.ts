/** What the end of a run says about the link that it used. */
import { failure as failureOf, type Failure, type FailureCode } from '../../../shared/failure.ts';
import type { DownloadRecord } from './job-record.ts';
import { goBack } from './links.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { Intent } from './outcome.ts';

/** Failures that are the link's own: another one may do better. */
const linksOwn: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'host-not-found',
  'connection-refused',
  'connection-timed-out',
  'connection-lost',
  'tls-failed',
  'certificate-untrusted',
  'captive-page',
  'too-many-redirects',
  'bad-redirect',
  'insecure-redirect',
  'http-status',
  'not-found',
  'login-needed',
  'forbidden',
  'too-busy',
  'empty-answer',
  'bad-response',
  'changed',
  'link-expired',
  'cannot-resume',
]);

/** Runs in a row that may bring nothing before another link has its turn. */
const PATIENCE = 2;

/** Why another link may do better than the one that was used; null where that is no matter of links. */
export function linkFailure(job: DownloadRecord, outcome: RunOutcome, intent: Intent | null): Failure | null {
  // A link that a person tries has a way back of its own.
  if (outcome.kind === 'completed' || job.otherLink?.kind === 'old') return null;
  if (intent && intent.kind !== 'attention') return null;
  // One that may work later keeps its place for a while once something was given.
  if (outcome.kind === 'retry' && job.journal && (outcome.progressed || job.tries < PATIENCE)) return null;
  const failure = intent ? intent.failure : 'failure' in outcome ? outcome.failure : null;
  return failure && linksOwn.has(failure.code) ? failure : null;
}

/** How a run ended for its job: a new link that leads to another file takes the job back to the old one. */
export function endingOf(job: DownloadRecord, outcome: RunOutcome): RunOutcome {
  if (outcome.kind !== 'attention' || outcome.failure.code !== 'changed' || !goBack(job)) return outcome;
  const { detail = '' } = outcome.failure.params;
  return { kind: 'attention', failure: failureOf('other-file', { detail }) };
}
