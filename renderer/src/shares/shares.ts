import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Share } from '../../../shared/share.ts';
import type { MirrorStore } from '../mirror/mirror.ts';
import { followStream, type Client } from '../transport/index.ts';

/** What is shared, as the engine last told it; null until it did. */
export interface Shares {
  readonly shares: readonly Share[] | null;
}
export type SharesStore = StoreApi<Shares>;

/** Follows the shares while the engine is within reach. */
export function createShares(client: Client, mirror: MirrorStore): SharesStore {
  const store = createStore<Shares>(() => ({ shares: null }));
  let end = () => {};
  mirror.subscribe((now, before) => {
    if (now.status === before.status) return;
    end();
    if (now.status === 'live')
      end = followStream(
        () => client.shares.watch(),
        (shares) => store.setState({ shares }),
      );
  });
  return store;
}
