import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConnectionProfile } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import type { MirrorStore } from '../mirror/mirror.ts';
import { failureOf, type Client } from '../transport/index.ts';

/** The connections that are kept, as the engine last told them. */
export interface Connections {
  /** Null until the first answer. */
  readonly profiles: readonly ConnectionProfile[] | null;
  /** Why they could not be read. */
  readonly problem: Failure | null;
}
export type ConnectionsStore = StoreApi<Connections> & {
  /** Asks the engine again. */
  readonly refresh: () => Promise<void>;
};

/** Reads the connections whenever the engine comes within reach. */
export function createConnections(client: Client, mirror: MirrorStore): ConnectionsStore {
  const store = createStore<Connections>(() => ({ profiles: null, problem: null }));
  const refresh = async () => {
    try {
      store.setState({ profiles: byName(await client.connections.list()), problem: null });
    } catch (error) {
      store.setState({ problem: failureOf(error) });
    }
  };
  mirror.subscribe((now, before) => {
    if (now.status === 'live' && before.status !== 'live') void refresh();
  });
  return { ...store, refresh };
}

function byName(profiles: readonly ConnectionProfile[]): ConnectionProfile[] {
  return profiles.toSorted((a, b) => Number(a.sample) - Number(b.sample) || a.name.localeCompare(b.name));
}
