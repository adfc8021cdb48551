/** Sessions for short questions: one stays open per connection for a while, so that the next answer comes at once. */
import { SluiceError } from '../../../shared/failure.ts';
import { connect, type Session } from './connect.ts';
import type { ConnectTarget } from './types.ts';

/** Ms for which a session without work is kept. */
const KEPT = 30_000;

export class SessionPool {
  private readonly idle = new Map<string, { readonly session: Session; readonly timer: NodeJS.Timeout }>();
  private readonly busy = new Set<Session>();
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
    const kept = this.take(target.id);
    if (kept !== null) {
      try {
        return await this.run(target.id, kept, signal, work);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof SluiceError && error.code === 'database-lost')) throw error;
      }
    }
    return await this.run(target.id, await connect(target, { signal }), signal, work);
  }

  private async run<T>(
    id: string,
    session: Session,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    // Where no cancel can be delivered, ending the session is all that is left.
    const onAbort = () => void session.cancel().catch(() => session.end());
    signal?.addEventListener('abort', onAbort, { once: true });
    this.busy.add(session);
    try {
      signal?.throwIfAborted();
      const result = await work(session);
      signal?.throwIfAborted();
      await this.keep(id, session);
      return result;
    } catch (error) {
      void session.end();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.busy.delete(session);
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
    await Promise.all([...this.busy].map((session) => session.cancel().catch(() => {})));
    await Promise.all([...this.busy].map((session) => session.end()));
  }

  private take(id: string): Session | null {
    const kept = this.idle.get(id);
    if (kept === undefined) return null;
    this.idle.delete(id);
    clearTimeout(kept.timer);
    return kept.session;
  }

  private async keep(id: string, session: Session): Promise<void> {
    // A pooler keeps sessions itself, and lends the same one to others between transactions.
    if (this.closed || session.pooler || this.idle.has(id)) {
      void session.end();
      return;
    }
    // Locks, settings and temporary tables that the work may have left end here.
    await session.client.query('DISCARD ALL');
    const timer = setTimeout(() => this.drop(id), KEPT).unref();
    this.idle.set(id, { session, timer });
    session.client.once('end', () => {
      if (this.idle.get(id)?.session === session) this.take(id);
    });
  }
}
