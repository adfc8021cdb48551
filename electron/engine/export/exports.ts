import { RunThread, workerUrl } from '../flow/index.ts';
import type { ExportDetail, ExportEvent, Exports } from './types.ts';
import type { ExportSettings, WorkerReply, WorkerRequest } from './worker-messages.ts';

/** Exports over one thread, which is started with the first of them. */
export function createExports(settings: Partial<ExportSettings> = {}): Exports {
  const thread = new RunThread<ExportEvent, ExportDetail, WorkerRequest, WorkerReply>({
    name: 'sluice-export',
    url: workerUrl('export-worker', import.meta.url),
    data: settings,
    onReply(reply) {
      if (reply.kind !== 'event' || !('journal' in reply.event)) return;
      // The owner writes what it was told before the loop turns.
      setImmediate(() => thread.send({ kind: 'stored', run: reply.run }));
    },
  });
  return {
    start: (spec, resume, onEvent) => thread.start(spec.id, { kind: 'start', spec, resume }, onEvent),
    pause: (id) => thread.send({ kind: 'pause', id }),
    resume: (id) => thread.send({ kind: 'resume', id }),
    stop: (id) => thread.send({ kind: 'stop', id }),
    setLimit: (id, rate) => thread.send({ kind: 'limit', id, rate }),
    setGlobalLimit: (rate) => thread.setLimit(rate),
    meters: () => thread.meters,
    detail: (id) => thread.detail(id),
    close: () => thread.close(),
  };
}
