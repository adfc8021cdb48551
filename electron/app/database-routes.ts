/** The contract's procedures about connections and their databases. */
import type { App } from './app.ts';
import { type Routes, streamed } from './routes.ts';
import { watchLatest } from './watch.ts';

export function databaseRoutes(os: Routes, app: App) {
  const { databases } = app.engine;
  const { connections: on } = os;
  return {
    connections: {
      list: on.list.handler(() => databases.list()),
      watch: on.watch.handler(({ signal }) =>
        streamed(
          app,
          'connections.watch',
          watchLatest((listener) => databases.subscribe(listener), signal),
        ),
      ),
      save: on.save.handler(({ input }) => databases.save(input)),
      remove: on.remove.handler(({ input }) => databases.remove(input.id)),
      parse: on.parse.handler(({ input }) => databases.parse(input.text)),
      importable: on.importable.handler(() => databases.importable()),
      test: on.test.handler(({ input, signal }) => databases.test(input, signal)),
      sample: on.sample.handler(() => databases.sample()),
      catalog: on.catalog.handler(({ input, signal }) => databases.catalog(input.id, signal)),
      relation: on.relation.handler(({ input, signal }) =>
        databases.relation(input.id, input.schema, input.name, signal),
      ),
      completion: on.completion.handler(({ input, signal }) => databases.completion(input.id, signal)),
      describe: on.describe.handler(({ input, signal }) => databases.describe(input.connection, input.sql, signal)),
      preview: on.preview.handler(({ input, signal }) => databases.preview(input.connection, input.source, signal)),
      estimate: on.estimate.handler(({ input, signal }) => databases.estimate(input.connection, input.source, signal)),
      count: on.count.handler(async ({ input, signal }) => ({
        rows: await databases.count(input.connection, input.source, signal),
      })),
    },
  };
}
