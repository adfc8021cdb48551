import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  beginReading,
  connect,
  exportSnapshot,
  insist,
  openPortal,
  type Portal,
  type Session,
} from '../database/index.ts';
import { awaitRewrites, lockTables } from './lock-tables.ts';
import { outliveErrors } from './failing-column.ts';
import type { ExportSpec } from './types.ts';

/** Ms that a server has to answer when it is left; then the socket goes. */
const PATIENCE = 2000;

/** The sessions of one export, all in one snapshot, and the portals that are open in them. */
export class Sessions {
  readonly #spec: ExportSpec;
  readonly #signal: AbortSignal;
  #all: Session[] = [];
  readonly #portals = new Set<Portal>();
  #held = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(spec: ExportSpec, signal: AbortSignal) {
    this.#spec = spec;
    this.#signal = signal;
  }

  /** The first one. */
  get main(): Session {
    const [main] = this.#all;
    if (!main) throw new Error('No session is open');
    return main;
  }

  get all(): readonly Session[] {
    return this.#all;
  }

  /** Process id of the first one's backend. */
  get backend(): number | null {
    return this.#all[0]?.backend ?? null;
  }

  /** Portals that are being read. */
  get reading(): number {
    return this.#portals.size;
  }

  /** Opens the first session with a new snapshot, and as many more on that as are wanted. */
  async open(number: number): Promise<void> {
    await this.#begin(null);
    // No snapshot can be exported behind a savepoint.
    if (number === 1) {
      await outliveErrors(this.main);
      return;
    }
    const snapshot = await exportSnapshot(this.main);
    for (let n = 1; n < number; n += 1) await this.#begin(snapshot);
  }

  async #begin(snapshot: string | null): Promise<void> {
    const { target, timeZone } = this.#spec;
    const session = await connect(target, {
      signal: this.#signal,
      applicationName: 'Sluice export',
      exportSession: true,
    });
    this.#all.push(session);
    this.#signal.throwIfAborted();
    if (snapshot === null) await awaitRewrites(session, this.#spec);
    await beginReading(session, { timeZone, statementTimeout: target.exportTimeout, snapshot });
    await lockTables(session, this.#spec, snapshot !== null);
  }

  /** Opens a portal in a session; `read` has to follow. */
  async portal(session: Session, query: Parameters<typeof openPortal>[1]): Promise<Portal> {
    this.#signal.throwIfAborted();
    const portal = await openPortal(session, query);
    this.#portals.add(portal);
    if (this.#held) portal.pause();
    return portal;
  }

  /** Reads a portal to its end. */
  async read(portal: Portal, reader: Parameters<Portal['read']>[0]): Promise<void> {
    try {
      this.#signal.throwIfAborted();
      await portal.read(reader);
    } finally {
      this.#portals.delete(portal);
    }
  }

  /** Holds all portals, or lets them go on. */
  hold(held: boolean): void {
    this.#held = held;
    for (const portal of this.#portals) {
      if (held) portal.pause();
      else portal.resume();
    }
  }

  /**
   * Cancels on the server whatever runs there, for good: until the sessions are ended, for a cancel that falls between
   * two messages is lost. Where the way to the server is silent, they are cut off.
   */
  async cancel(): Promise<void> {
    await insist(this.#ended.promise, () => {
      const cancels = this.#portals.size > 0 ? [...this.#portals] : this.#all;
      return Promise.all(cancels.map((one) => one.cancel()));
    });
    this.#cut(this.#all);
  }

  /** Ends all sessions; those that do not answer are cut off. */
  async end(): Promise<void> {
    const ending = this.#all;
    this.#all = [];
    this.#ended.resolve();
    const ended = Promise.all(ending.map((session) => session.end()));
    await Promise.race([ended, sleep(PATIENCE, undefined, { ref: false })]);
    this.#cut(ending);
  }

  #cut(sessions: readonly Session[]): void {
    for (const { client } of sessions)
      (client as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
  }
}
