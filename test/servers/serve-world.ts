/** What the serve room needs of the rest of the engine, in memory, for tests and benches. */
import { SluiceError } from '../../shared/failure.ts';
import type { ServeWorld } from '../../electron/engine/serve/index.ts';

export function serveWorld(home: string, parts: Partial<ServeWorld> = {}): ServeWorld {
  const documents = new Map<string, unknown>();
  return {
    home,
    documents: {
      all: () => [...documents].map(([id, value]) => ({ id, value })),
      // As the store keeps it: a copy, in JSON.
      put: (id, value) => void documents.set(id, JSON.parse(JSON.stringify(value))),
      delete: (id) => void documents.delete(id),
    },
    liveFile: (job) => {
      throw new SluiceError('unknown-job', { id: job });
    },
    captureName: () => 'Feed',
    listen: () => null,
    target: (id) => Promise.reject(new SluiceError('unknown-connection', { id })),
    trusted: () => ({}),
    https: () => false,
    port: null,
    ...parts,
  };
}
