import type { ClientContext, ClientLink } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { contract } from '../../../shared/contract.ts';

/** The engine as the window sees it: the contract's procedures, over whatever carries them. */
export type Client = ContractRouterClient<typeof contract>;

/** One live line to the engine. */
export interface Line {
  readonly link: ClientLink<ClientContext>;
  /** Resolves when the line is dead; never rejects. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Opens a line. Rejects with `Refused` where trying again is useless, with anything else where it is not. */
export type Dial = (signal: AbortSignal) => Promise<Line>;

/** The host wants a token: there is none here, or it is not the right one. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: 'missing' | 'wrong';

  constructor(reason: 'missing' | 'wrong') {
    super(`The token is ${reason}`);
    this.reason = reason;
  }
}
