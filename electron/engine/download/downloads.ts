import { RunThread, workerUrl } from '../flow/index.ts';
import type { Network } from '../remote/index.ts';
import type { DownloadDetail, DownloadEvent, Downloads } from './types.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';

/** Downloads over one transfer thread, which is started with the first of them. */
export function createDownloads(network: Partial<Network> = {}): Downloads {
  const hostCaps: Record<string, number> = {};
  let trusted: Readonly<Record<string, string>> = {};
  let hostLimits: Readonly<Record<string, number>> = {};
  /** Readers that wait for bytes, by number. */
  const wants = new Map<number, (end: number | null) => void>();
  let nextWant = 1;
  const thread = new RunThread<DownloadEvent, DownloadDetail, WorkerRequest, WorkerReply>({
    name: 'sluice-transfer',
    url: workerUrl('transfer-worker', import.meta.url),
    data: network,
    greetings: () => [
      { kind: 'host-limits', limits: hostLimits },
      { kind: 'host-caps', caps: hostCaps },
      { kind: 'trusted', trusted },
    ],
    onReply(reply) {
      if (reply.kind === 'readable') wants.get(reply.number)?.(reply.end);
    },
    onCrash() {
      for (const answer of wants.values()) answer(null);
    },
  });

  return {
    start: (spec, resume, onEvent) => thread.start(spec.id, { kind: 'start', spec, resume }, onEvent),
    stop: (id) => thread.send({ kind: 'stop', id }),
    setLimit: (id, rate) => thread.send({ kind: 'limit', id, rate }),
    setConnections: (id, connections) => thread.send({ kind: 'connections', id, connections }),
    setGlobalLimit: (rate) => thread.setLimit(rate),
    setHostLimits(limits) {
      hostLimits = limits;
      thread.send({ kind: 'host-limits', limits });
    },
    setHostCaps(caps) {
      Object.assign(hostCaps, caps);
      thread.send({ kind: 'host-caps', caps });
    },
    setTrusted(fingerprints) {
      trusted = fingerprints;
      thread.send({ kind: 'trusted', trusted });
    },
    meters: () => thread.meters,
    detail: (id) => thread.detail(id),
    readable(id, position, signal) {
      return new Promise((resolve, reject) => {
        if (!thread.isRunning(id)) {
          resolve(null);
          return;
        }
        const number = nextWant++;
        const onAbort = () => {
          wants.delete(number);
          thread.send({ kind: 'unwant', number });
          reject(signal.reason as Error);
        };
        wants.set(number, (end) => {
          wants.delete(number);
          signal.removeEventListener('abort', onAbort);
          resolve(end);
        });
        signal.addEventListener('abort', onAbort);
        thread.send({ kind: 'want', id, position, number });
      });
    },
    close: () => thread.close(),
  };
}
