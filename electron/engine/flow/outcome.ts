import type { Failure } from '../../../shared/failure.ts';
import type { Proof } from '../../../shared/job.ts';

/** How a run of a job ended, whatever its kind. */
export type RunOutcome =
  | { readonly kind: 'completed'; readonly name: string; readonly size: number; readonly proof: Proof }
  /** Stopped because it was asked to; the last journal holds all that counts. */
  | { readonly kind: 'stopped' }
  /** Failed for now: worth another try by itself, not before `retryAfter` ms where the other side said so. */
  | {
      readonly kind: 'retry';
      readonly failure: Failure;
      readonly retryAfter: number | null;
      readonly progressed: boolean;
    }
  /** A person has to decide; everything so far is kept. */
  | { readonly kind: 'attention'; readonly failure: Failure }
  /** Will not succeed as asked. */
  | { readonly kind: 'failed'; readonly failure: Failure };
