/** From how a run ended to the state its job is in then. Pure. */
import { failure as failureOf, type Failure, type FailureCode } from '../../../shared/failure.ts';
import type { JobState } from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import { choicesFor, isAsked, isOfAnotherOrigin, ofLinks } from './attention.ts';
import { AWAY_MS, backoff, MAX_TRIES, OFFLINE_POLL_MS, retryAfterDelay } from './backoff.ts';

/** Why a run was asked to stop. A job that is to be removed or cancelled has no use for how the run ended. */
export type Intent =
  | { readonly kind: 'pause' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'remove' }
  /** Not now: it goes back into the queue, where it waits for its time. */
  | { readonly kind: 'put-off' }
  /** The job cannot go on here, e.g. because the disk is too small. */
  | { readonly kind: 'attention'; readonly failure: Failure };

export interface Circumstances {
  /** Runs in a row without progress before this one. */
  readonly tries: number;
  /** Ms since the epoch. */
  readonly now: number;
  /** 0 to 1. */
  readonly random: number;
  /** This computer has no network that could reach the host. */
  readonly offline: boolean;
  /** Of the job's link, to which credentials go; null where it has none. */
  readonly origin: string | null;
  /** Another job receives from that host now. */
  readonly isServing: boolean;
  /** An earlier run reached the source, and what it brought is kept. */
  readonly begun: boolean;
}

/** Of a source that was reached before, these say that it, or the way to it, is away for now (faults.md 63). */
const away: readonly FailureCode[] = ['host-not-found', 'connection-timed-out', 'connection-refused', 'too-busy'];

/** Of a host that serves another job at this very time, these say that it serves no more at once (faults.md 58). */
const crowded: readonly FailureCode[] = ['too-busy', 'connection-refused'];
/** Ms until a job looks again whether it may come in beside the others. */
const CROWDED_MS = 20_000;

/** The state that follows, and the number of runs without progress then. */
export function settle(
  outcome: RunOutcome,
  intent: Intent | null,
  circumstances: Circumstances,
): { state: JobState; tries: number } {
  const { origin, now, tries } = circumstances;
  // What is finished is finished, whatever was asked for meanwhile.
  if (outcome.kind === 'completed') return { state: { kind: 'completed', at: now, proof: outcome.proof }, tries: 0 };
  if (intent?.kind === 'cancel' || intent?.kind === 'remove') return { state: { kind: 'cancelled' }, tries: 0 };
  if (outcome.kind === 'attention') return { state: attention(outcome.failure, origin), tries: 0 };
  if (outcome.kind === 'failed') {
    const { failure } = outcome;
    // Without a network every name is unknown: that says nothing about the link.
    if (failure.code === 'host-not-found' && (circumstances.offline || circumstances.begun) && !intent) {
      return settle({ kind: 'retry', failure, retryAfter: null, progressed: false }, intent, circumstances);
    }
    return { state: isAsked(failure.code) ? attention(failure, origin) : { kind: 'failed', failure }, tries };
  }
  if (intent?.kind === 'attention') return { state: attention(intent.failure, origin), tries: 0 };
  if (intent?.kind === 'pause') return { state: { kind: 'paused' }, tries: 0 };
  if (intent?.kind === 'put-off') return { state: { kind: 'queued' }, tries };
  if (outcome.kind === 'stopped') {
    return {
      state: { kind: 'failed', failure: failureOf('internal', { detail: 'the transfer stopped by itself' }) },
      tries,
    };
  }
  if (circumstances.offline || outcome.failure.code === 'offline') {
    return { state: offline(outcome.failure, circumstances), tries };
  }
  const mustQueue = circumstances.isServing && crowded.includes(outcome.failure.code);
  const spent = outcome.progressed ? 1 : mustQueue ? tries : tries + 1;
  // A network may be up and lead nowhere. Whoever was reached before is waited for as long as it takes.
  const lasts = circumstances.begun && away.includes(outcome.failure.code);
  const isSpent = spent > MAX_TRIES;
  if (isSpent && !lasts) return { state: { kind: 'failed', failure: outcome.failure }, tries: spent };
  const usual = mustQueue ? CROWDED_MS : isSpent ? AWAY_MS : backoff(spent, circumstances.random);
  // A server that always says “in a second” would use up all tries in ten.
  const delay = outcome.retryAfter === null ? usual : Math.max(usual, retryAfterDelay(outcome.retryAfter));
  return {
    state: {
      kind: 'waiting',
      reason: outcome.retryAfter === null ? 'retry' : 'retry-after',
      until: Math.round(now + delay),
      attempt: spent + 1,
      failure: outcome.failure,
    },
    tries: spent,
  };
}

/** The state of a job whose run is told to stop. It says what follows, for a crash before that asks nobody again. */
export function stopping(intent: Intent): JobState {
  switch (intent.kind) {
    case 'put-off':
    case 'attention':
      return { kind: 'pausing', next: 'queued' };
    case 'cancel':
      return { kind: 'pausing', next: 'cancelled' };
    case 'pause':
    case 'remove':
      return { kind: 'pausing' };
  }
}

function attention(failure: Failure, origin: string | null): JobState {
  const choices = choicesFor(failure.code).filter((choice) => {
    if (origin === null) return !ofLinks.has(choice);
    return choice !== 'login' || !isOfAnotherOrigin(failure, origin);
  });
  return { kind: 'attention', failure, choices };
}

/** Waiting for the network spends no tries (faults.md 63). */
function offline(cause: Failure, { now, tries }: Circumstances): JobState {
  return {
    kind: 'waiting',
    reason: 'offline',
    until: now + OFFLINE_POLL_MS,
    attempt: tries + 1,
    failure: cause.code === 'offline' ? cause : failureOf('offline', { ...cause.params }),
  };
}

/**
 * The state in which a job of an earlier session begins this one: what ran goes on by itself, what was being stopped is
 * what was to follow.
 */
export function recovered(state: JobState): JobState {
  switch (state.kind) {
    case 'starting':
    case 'running':
    case 'verifying':
    case 'waiting':
      return { kind: 'queued' };
    case 'pausing':
      return { kind: state.next ?? 'paused' };
    default:
      return state;
  }
}
