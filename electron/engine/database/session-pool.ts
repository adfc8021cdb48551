/** Sessions for short questions: one stays open per connection for a while, so that the next answer comes at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/failure.ts';
import { connect, type Session } from './connect.ts';
import { insist } from './insist.ts';
import type { ConnectTarget } from './types.ts';

/** Ms for which a session without work is kept. */
const KEPT = 30_000;
/** Ms that work has to end after it was cancelled, when all ends. */
const PATIENCE = 2000;

interface Kept {
  readonly session: Session;
  /** Where it leads, and as whom: a connection may be another by now. */
  readonly place: string;
  readonly forget: () => void;
}

/** Work on a lent session. */
class Loan {
  readonly session: Session;
  readonly #done = Promise.withResolvers<void>();
  #working = true;

  constructor(session: Session) {
    this.session = session;
  }

  end(): void {
    this.#working = false;
    this.#done.resolve();
  }

  /** Cancels on the server until the work has ended: a cancel that falls between two messages is lost. */
  async cancel(): Promise<void> {
    await insist(this.#done.promise, () => this.session.cancel());
    // Where none arrives, ending the session is all that is left.
    if (this.#working) await this.session.end();
  }
}

/** True where a failure was the server's answer to the work: the session is as good as before. */
function isAnswer(error: unknown): boolean {
  return error instanceof SluiceError && ['sql-error', 'no-permission', 'query-timed-out'].includes(error.code);
}

const placeOf = (target: ConnectTarget): string => JSON.stringify(target);

export class SessionPool {
  private readonly idle = new Map<string, Kept>();
  private readonly lent = new Set<Loan>();
  private closed = false;

  /**
   * Lends a session for one piece of work. An abort cancels what runs on the server, then rejects with its reason.
   * Where a kept session turns out to be dead (the server was restarted), the work is done again on a new one: it only
   * reads.
   */
  async use<T>(
    target: ConnectTarget,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const kept = this.takeFor(target);
    if (kept !== null) {
      try {
        return await this.run(target, kept, signal, work);
      } catch (error) {
        const isLost = error instanceof SluiceError && error.code === 'database-lost';
        if (!isLost || this.closed) throw error;
      }
    }
    return await this.run(target, await connect(target, { signal }), signal, work);
  }

  private async run<T>(
    target: ConnectTarget,
    session: Session,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const loan = new Loan(session);
    const onAbort = () => void loan.cancel();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.lent.add(loan);
    try {
      signal?.throwIfAborted();
      const result = await work(session);
      signal?.throwIfAborted();
      await this.keep(target, session);
      return result;
    } catch (error) {
      if (isAnswer(error) && signal?.aborted !== true) await this.keep(target, session).catch(() => session.end());
      else void session.end();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      loan.end();
      this.lent.delete(loan);
    }
  }

  /** Ends the session that is kept for a connection: it was changed or removed. */
  drop(id: string): void {
    void this.take(id)?.end();
  }

  /** Ends all sessions; what runs is cancelled. */
  async close(): Promise<void> {
    this.closed = true;
    for (const id of this.idle.keys()) this.drop(id);
    const lent = [...this.lent];
    await Promise.race([Promise.all(lent.map((loan) => loan.cancel())), sleep(PATIENCE, undefined, { ref: false })]);
    await Promise.all(lent.map(({ session }) => session.end()));
  }

  private take(id: string): Session | null {
    const kept = this.idle.get(id);
    if (kept === undefined) return null;
    this.idle.delete(id);
    kept.forget();
    return kept.session;
  }

  /** The session that is kept for just this target. */
  private takeFor(target: ConnectTarget): Session | null {
    const isSame = this.idle.get(target.id)?.place === placeOf(target);
    const session = this.take(target.id);
    if (isSame) return session;
    void session?.end();
    return null;
  }

  private async keep(target: ConnectTarget, session: Session): Promise<void> {
    const { id } = target;
    // What failed left its transaction open.
    await session.client.query('ROLLBACK');
    // Locks, settings and temporary tables of the work end here.
    if (!session.pooler) await session.client.query('DISCARD ALL');
    // A pooler keeps sessions itself, and lends the same one to others between transactions.
    if (session.pooler || this.closed || this.idle.has(id)) {
      void session.end();
      return;
    }
    const onEnd = () => void this.take(id);
    const timer = setTimeout(() => this.drop(id), KEPT).unref();
    session.client.once('end', onEnd);
    const forget = () => {
      clearTimeout(timer);
      session.client.off('end', onEnd);
    };
    this.idle.set(id, { session, place: placeOf(target), forget });
  }
}
