import { ORPCError } from '@orpc/client';
import { failure, type Failure } from '../../../shared/failure.ts';

/** What to tell the person about a call that did not succeed. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof ORPCError)) return failure('unreachable');
  if (error.code === 'FAILURE') return error.data as Failure;
  if (error.code === 'BAD_REQUEST') return failure('bad-input', { detail: 'Sluice does not understand this input.' });
  return failure('internal', { detail: error.message });
}
