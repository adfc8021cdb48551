/** The door's thing: connections, and questions to their databases, each in a read-only transaction of its own. */
import { join } from 'node:path';
import type { Catalog, ConnectionProfile, Estimate, ExportSource } from '../../../shared/database.ts';
import type { SecretKeeper } from '../engine.ts';
import { readCatalog, readCompletion, readRelation } from './catalog.ts';
import type { Session } from './connect.ts';
import { describe, fitParameters } from './describe-query.ts';
import { count, estimate } from './estimate.ts';
import { type Environment, KnownConnections } from './importables.ts';
import { preview } from './preview.ts';
import { Profiles } from './profiles.ts';
import { reading } from './reading.ts';
import { SampleDatabase } from './sample-database.ts';
import { SessionPool } from './session-pool.ts';
import { statementsOf } from './source-sql.ts';
import { testConnection } from './test-connection.ts';
import type { ConnectTarget, Databases, Documents } from './types.ts';

export interface DatabasesWorld {
  readonly documents: Documents;
  /** Null: passwords are forgotten when Sluice ends. */
  readonly secrets: SecretKeeper | null;
  /** The engine's folder: the sample database lives in it. */
  readonly home: string;
  /** Default: this process's. */
  readonly environment?: Environment;
}

/** Opens the room. Nothing is connected or started before it is asked for. */
export function openDatabases({ documents, secrets, home, environment }: DatabasesWorld): Databases {
  const profiles = new Profiles(documents, secrets);
  const known = new KnownConnections(environment);
  const pool = new SessionPool();
  const sample = new SampleDatabase(join(home, 'sample-database'));

  const listeners = new Set<(profiles: ConnectionProfile[]) => void>();
  const changed = () => {
    const now = profiles.list();
    for (const listener of listeners) listener(now);
  };

  const target = async (id: string): Promise<ConnectTarget> => {
    if (!profiles.get(id).sample) return await profiles.target(id);
    return { ...(await profiles.target(id)), ...(await sample.start()) };
  };
  const ask = async <T>(
    id: string,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const place = await target(id);
    return await pool.use(place, signal, (session) => reading(place, session, () => work(session)));
  };

  return {
    list: () => profiles.list(),
    subscribe(listener) {
      listeners.add(listener);
      listener(profiles.list());
      return () => void listeners.delete(listener);
    },
    async save(draft) {
      if (draft.id !== undefined) pool.drop(draft.id);
      const saved = await profiles.save(draft, known.passwordFor(draft));
      changed();
      return saved;
    },
    async remove(id) {
      const { sample: isSample } = profiles.get(id);
      pool.drop(id);
      await profiles.remove(id);
      changed();
      if (isSample) await sample.stop();
    },
    parse: (text) => known.parse(text),
    importable: () => Promise.resolve(known.list()),
    async test(draft, signal) {
      const kept = draft.id === undefined ? null : profiles.get(draft.id);
      const place = kept?.sample === true ? target(kept.id) : profiles.targetOf(draft, known.passwordFor(draft));
      return await testConnection(await place, signal);
    },
    async sample(): Promise<ConnectionProfile> {
      const place = await sample.start();
      const kept = profiles.list().find((profile) => profile.sample);
      if (kept) return kept;
      const made = profiles.keepSample(place);
      changed();
      return made;
    },
    catalog: (id, signal) => ask<Catalog>(id, signal, ({ client }) => readCatalog(client)),
    relation: (id, schema, name, signal) => ask(id, signal, ({ client }) => readRelation(client, schema, name)),
    completion: (id, signal) => ask(id, signal, ({ client }) => readCompletion(client)),
    describe: (id, sql, signal) => ask(id, signal, (session) => describe(session, sql)),
    preview: (id, source, signal) =>
      ask(id, signal, async (session) => preview(session, firstOf(await fitted(session, source)))),
    estimate: (id, source, signal) =>
      ask(id, signal, async (session) => {
        const estimates: Estimate[] = [];
        for (const statement of statementsOf(await fitted(session, source)))
          estimates.push(await estimate(session, statement));
        return together(estimates);
      }),
    count: (id, source, signal) =>
      ask(id, signal, async (session) => {
        let rows = 0;
        for (const statement of statementsOf(await fitted(session, source))) rows += await count(session, statement);
        return rows;
      }),
    target,
    async close() {
      await pool.close();
      await sample.stop();
    },
  };
}

/** A query with as many values as the server finds parameters in it. */
async function fitted(session: Session, source: ExportSource): Promise<ExportSource> {
  if (source.kind !== 'query' || source.parameters.length === 0) return source;
  return { ...source, parameters: fitParameters(source.parameters, await describe(session, source.sql)) };
}

/** Of several tables the first is shown. */
function firstOf(source: ExportSource) {
  const [first] = statementsOf(source);
  if (first === undefined) throw new Error('a source without a statement');
  return first;
}

function together(estimates: readonly Estimate[]): Estimate {
  const rows = estimates.reduce((sum, each) => sum + each.rows, 0);
  const bytes = estimates.reduce((sum, each) => sum + each.rows * each.width, 0);
  return {
    rows,
    width: rows === 0 ? (estimates[0]?.width ?? 0) : Math.round(bytes / rows),
    parallel: estimates.some(({ parallel }) => parallel),
    plan: estimates.map(({ plan }) => plan).join('\n\n'),
  };
}
