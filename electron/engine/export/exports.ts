import { Worker } from 'node:worker_threads';
import { failure } from '../../../shared/failure.ts';
import type { Meter } from '../../../shared/job.ts';
import { endGently } from '../flow/index.ts';
import type { ExportDetail, ExportEvent, Exports } from './types.ts';
import type { ExportSettings, WorkerReply, WorkerRequest } from './worker-messages.ts';

/** Most MB of young objects in the export thread: V8 would take 48. Rows make none; what a read leaves is soon swept. */
const YOUNG_MB = 6;

/** Exports over one thread, which is started with the first of them. */
export function createExports(settings: Partial<ExportSettings> = {}): Exports {
  const running = new Map<string, (event: ExportEvent) => void>();
  const details = new Map<string, ExportDetail | null>();
  let meters: readonly Meter[] = [];
  let globalLimit: number | null = null;
  let worker: Worker | null = null;
  let idle: () => void = () => {};

  function send(message: WorkerRequest): void {
    worker?.postMessage(message);
  }

  function receive(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'meters':
        meters = reply.meters.filter(({ id }) => running.has(id));
        return;
      case 'detail':
        if (running.has(reply.id)) details.set(reply.id, reply.detail);
        return;
      case 'event': {
        const onEvent = running.get(reply.id);
        if (reply.event.kind === 'ended') forget(reply.id);
        onEvent?.(reply.event);
        // The owner writes what it was told before the loop turns.
        if ('journal' in reply.event) setImmediate(() => send({ kind: 'stored', run: reply.run }));
        return;
      }
    }
  }

  function forget(id: string): void {
    running.delete(id);
    details.delete(id);
    meters = meters.filter((meter) => meter.id !== id);
    if (running.size === 0) {
      worker?.unref();
      idle();
    }
  }

  /** The thread died of a bug: every export it ran ends with a true state, and the next one gets a new thread. */
  function crashed(error: Error): void {
    worker = null;
    // A copy: what is told may start another export at once, and that one runs.
    const lost = [...running];
    for (const [id] of lost) forget(id);
    for (const [, onEvent] of lost) {
      const failed = failure('internal', { detail: error.message });
      onEvent({ kind: 'ended', outcome: { kind: 'failed', failure: failed } });
    }
  }

  function ensure(): Worker {
    if (worker) return worker;
    const started = new Worker(workerUrl(), {
      workerData: settings,
      name: 'sluice-export',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    started.on('message', receive);
    started.on('error', crashed);
    worker = started;
    send({ kind: 'limit', id: null, rate: globalLimit });
    return started;
  }

  return {
    start(spec, resume, onEvent) {
      if (running.has(spec.id)) throw new Error(`Export ${spec.id} runs already`);
      ensure().ref();
      running.set(spec.id, onEvent);
      send({ kind: 'start', spec, resume });
    },
    pause: (id) => send({ kind: 'pause', id }),
    resume: (id) => send({ kind: 'resume', id }),
    stop: (id) => send({ kind: 'stop', id }),
    setLimit: (id, rate) => send({ kind: 'limit', id, rate }),
    setGlobalLimit(rate) {
      globalLimit = rate;
      send({ kind: 'limit', id: null, rate });
    },
    meters: () => meters,
    detail(id) {
      // Asked for a few times a second while somebody looks: what came last is shown, and the next one is on its way.
      if (running.has(id)) send({ kind: 'detail', id });
      return details.get(id) ?? null;
    },
    async close() {
      if (running.size > 0) {
        const ended = new Promise<void>((resolve) => {
          idle = resolve;
        });
        for (const id of running.keys()) send({ kind: 'stop', id });
        await ended;
      }
      const ending = worker;
      worker = null;
      if (ending) await endGently(ending);
    },
  };
}

/** Where the thread's code lies: beside this file in the checkout, beside the bundle once built. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./export-worker.${extension}`, import.meta.url);
}
