/** The contract's procedures about shares. */
import type { App } from './app.ts';
import { definedOnly, type Routes, streamed } from './routes.ts';
import { watchLatest, watchShareDetail } from './watch.ts';

export function shareRoutes(os: Routes, app: App) {
  const { shares } = app.engine;
  return {
    shares: {
      list: os.shares.list.handler(() => shares.list()),
      watch: os.shares.watch.handler(({ signal }) =>
        streamed(
          app,
          'shares.watch',
          watchLatest((listener) => shares.subscribe(listener), signal),
        ),
      ),
      detail: os.shares.detail.handler(({ input, signal }) =>
        streamed(app, 'shares.detail', watchShareDetail(shares, input.id, signal)),
      ),
      add: os.shares.add.handler(({ input }) => shares.add(input)),
      change: os.shares.change.handler(({ input }) =>
        shares.change(input.id, definedOnly(input.options), input.password),
      ),
      revoke: os.shares.revoke.handler(({ input }) => shares.revoke(input.ids)),
      network: os.shares.network.handler(() => shares.network()),
    },
  };
}
