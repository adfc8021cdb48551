import { createStore, type StoreApi } from 'zustand/vanilla';
import { followStream } from '../transport/index.ts';
import type { MirrorStore } from './mirror.ts';

/** Something whole that the engine tells again whenever it changes; null until it did. */
export type Followed<T> = StoreApi<T | null>;

/** Follows what `open` streams while the engine is within reach. */
export function createFollowed<T>(mirror: MirrorStore, open: () => Promise<AsyncIterator<T>>): Followed<T> {
  const store = createStore<T | null>(() => null);
  let end = () => {};
  mirror.subscribe((now, before) => {
    if (now.status === before.status) return;
    end();
    if (now.status === 'live') end = followStream(open, (value) => store.setState(value, true));
  });
  return store;
}
