/** Failures on both ends of the contract: how they are sent, and how a caller reads them. */
import { ORPCError } from '@orpc/client';
import * as z from 'zod';
import { failure, SluiceError, type Failure } from '../../shared/failure.ts';
import { failureSchema } from '../../shared/job.ts';
import type { Log } from './log.ts';

/**
 * What is sent for a thrown value: the contract's FAILURE error. An input that does not fit the contract is named; an
 * unexpected error is logged with its stack and sent as `internal` without it.
 */
export function toContractError(error: unknown, log: Log, what: string): Error {
  if (error instanceof ORPCError && error.code === 'FAILURE') return error;
  if (error instanceof SluiceError) return fail(error.failure, error);
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') {
    return fail(failure('bad-input', { detail: issueText(error.data) }), error);
  }
  log.error(`${what} failed`, error);
  return fail(failure('internal', { detail: what }), error);
}

function fail(data: Failure, cause: unknown): Error {
  return new ORPCError('FAILURE', { status: 422, message: data.message, data, cause });
}

const issuesSchema = z.object({
  issues: z
    .array(z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() }))
    .min(1),
});

/** “downloads.0.url: Too small …”: where the input is wrong and why, from the validation's first issue. */
function issueText(data: unknown): string {
  const issue = issuesSchema.safeParse(data).data?.issues[0];
  if (!issue) return 'The request is not valid.';
  const where = issue.path?.join('.');
  return where ? `${where}: ${issue.message}.` : `${issue.message}.`;
}

/** The failure that a call of the contract ended with; a connection that broke reads as `unreachable`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SluiceError) return error.failure;
  if (error instanceof ORPCError) {
    const parsed = failureSchema.safeParse(error.data);
    if (parsed.success) return parsed.data;
    return failure('internal', { detail: error.message });
  }
  if (isConnectionError(error)) return failure('unreachable');
  return failure('internal', { detail: error instanceof Error ? error.message : String(error) });
}

/** oRPC ends what is pending on a closed socket with an AbortError, and refuses to send on one that is closed. */
function isConnectionError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || /WebSocket is not open/.test(error.message));
}
