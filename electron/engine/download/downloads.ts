import { Worker } from 'node:worker_threads';
import { failure } from '../../../shared/failure.ts';
import type { Meter } from '../../../shared/job.ts';
import { endGently } from '../flow/index.ts';
import type { Network } from '../remote/index.ts';
import type { DownloadDetail, DownloadEvent, Downloads } from './types.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';
import { workerUrl } from './worker-url.ts';

/** Most MB of young objects in the transfer thread: V8 would take 48. Less cost no speed, and saved 7 MB at the peak. */
const YOUNG_MB = 6;

/** Downloads over one transfer thread, which is started with the first of them. */
export function createDownloads(network: Partial<Network> = {}): Downloads {
  const running = new Map<string, (event: DownloadEvent) => void>();
  const details = new Map<string, DownloadDetail | null>();
  let meters: readonly Meter[] = [];
  let globalLimit: number | null = null;
  const hostCaps: Record<string, number> = {};
  let trusted: Readonly<Record<string, string>> = {};
  let hostLimits: Readonly<Record<string, number>> = {};
  /** Readers that wait for bytes, by number. */
  const wants = new Map<number, (end: number | null) => void>();
  let nextWant = 1;
  let worker: Worker | null = null;
  let idle: () => void = () => {};

  function send(message: WorkerRequest): void {
    worker?.postMessage(message);
  }

  function receive(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'meters':
        meters = reply.meters;
        return;
      case 'detail':
        if (running.has(reply.id)) details.set(reply.id, reply.detail);
        return;
      case 'readable':
        wants.get(reply.number)?.(reply.end);
        return;
      case 'event': {
        const onEvent = running.get(reply.id);
        if (reply.event.kind === 'ended') forget(reply.id);
        onEvent?.(reply.event);
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

  /** The thread died of a bug: every download it ran ends with a true state, and the next one gets a new thread. */
  function crashed(error: Error): void {
    worker = null;
    // A copy: what is told may start another download at once, and that one runs.
    const lost = [...running];
    for (const [id] of lost) forget(id);
    for (const answer of wants.values()) answer(null);
    for (const [, onEvent] of lost) {
      const failed = failure('internal', { detail: error.message });
      onEvent({ kind: 'ended', outcome: { kind: 'failed', failure: failed } });
    }
  }

  function ensure(): Worker {
    if (worker) return worker;
    const started = new Worker(workerUrl('transfer-worker'), {
      workerData: network,
      name: 'sluice-transfer',
      // Its objects live for one read: a larger nursery only fills before it is swept.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    started.on('message', receive);
    started.on('error', crashed);
    worker = started;
    send({ kind: 'limit', id: null, rate: globalLimit });
    send({ kind: 'host-limits', limits: hostLimits });
    send({ kind: 'host-caps', caps: hostCaps });
    send({ kind: 'trusted', trusted });
    return started;
  }

  return {
    start(spec, resume, onEvent) {
      if (running.has(spec.id)) throw new Error(`Download ${spec.id} runs already`);
      ensure().ref();
      running.set(spec.id, onEvent);
      send({ kind: 'start', spec, resume });
    },
    stop: (id) => send({ kind: 'stop', id }),
    setLimit: (id, rate) => send({ kind: 'limit', id, rate }),
    setConnections: (id, connections) => send({ kind: 'connections', id, connections }),
    setGlobalLimit(rate) {
      globalLimit = rate;
      send({ kind: 'limit', id: null, rate });
    },
    setHostLimits(limits) {
      hostLimits = limits;
      send({ kind: 'host-limits', limits });
    },
    setHostCaps(caps) {
      Object.assign(hostCaps, caps);
      send({ kind: 'host-caps', caps });
    },
    setTrusted(fingerprints) {
      trusted = fingerprints;
      send({ kind: 'trusted', trusted });
    },
    meters: () => meters,
    detail(id) {
      // Asked for a few times a second while somebody looks: what came last is shown, and the next one is on its way.
      if (running.has(id)) send({ kind: 'detail', id });
      return details.get(id) ?? null;
    },
    readable(id, position, signal) {
      return new Promise((resolve, reject) => {
        if (!worker || !running.has(id)) {
          resolve(null);
          return;
        }
        const number = nextWant++;
        const onAbort = () => {
          wants.delete(number);
          send({ kind: 'unwant', number });
          reject(signal.reason as Error);
        };
        wants.set(number, (end) => {
          wants.delete(number);
          signal.removeEventListener('abort', onAbort);
          resolve(end);
        });
        signal.addEventListener('abort', onAbort);
        send({ kind: 'want', id, position, number });
      });
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
