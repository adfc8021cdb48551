/** What every part of the router is built with: the contract's builder, with errors as the contract has them. */
import { implement, type ImplementerInternalWithMiddlewares } from '@orpc/server';
import { contract } from '../../shared/contract.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { App, Ports } from './app.ts';
import { toContractError } from './failures.ts';

/** No context: what a procedure needs is bound when the router is made. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type
export type None = Record<never, never>;
export type Routes = ImplementerInternalWithMiddlewares<typeof contract, None, None>;

/** The contract's builder; expected failures leave it as the contract's FAILURE error. */
export function routesOf({ log }: App): Routes {
  return implement(contract).use(async ({ next, path }) => {
    try {
      return await next();
    } catch (error) {
      throw toContractError(error, log, path.join('.'));
    }
  });
}

/** The same for an event stream, whose errors come after the call has answered. */
export async function* streamed<T>(
  { log }: App,
  what: string,
  events: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  try {
    yield* events;
  } catch (error) {
    throw toContractError(error, log, what);
  }
}

export function opener(ports: Ports): NonNullable<Ports['opener']> {
  if (!ports.opener) {
    throw new SluiceError('not-here', { what: 'Opening files', next: 'Open it on the computer it was saved to.' });
  }
  return ports.opener;
}

/** Without the keys whose value is undefined: a client may send them, a setting never is. */
export function definedOnly<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
