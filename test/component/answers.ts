import { ORPCError } from '@orpc/server';
import { failure, type Failure } from '../../shared/failure.ts';

/** Thrown in an answer of a double, it crosses as the contract's FAILURE. */
export class Refusal extends Error {
  readonly failure: Failure;

  constructor(...[code, params]: Parameters<typeof failure>) {
    super(code);
    this.failure = failure(code, params);
  }
}

export function asError(wrong: Failure) {
  return new ORPCError('FAILURE', { defined: true, status: 422, data: wrong });
}

export function rethrow(error: unknown): never {
  throw error instanceof Refusal ? asError(error.failure) : error;
}

/** What oRPC calls a router that wants nothing from its caller. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- it is oRPC's own word for it
export type NoContext = Record<never, never>;

/** Notes a call of the window; throws where the procedure is to fail. */
export type Note = (name: string, input: unknown) => void;
