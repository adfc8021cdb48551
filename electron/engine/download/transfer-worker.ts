/**
 * The transfer thread: owns the sockets and the files of all downloads. A plain libuv loop, which Electron's main
 * process has not: there the same transfer is three times slower.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BufferPool, pages, RunLoop } from '../flow/index.ts';
import { defaultNetwork, type Network } from '../remote/index.ts';
import { HashThread } from './hash-thread.ts';
import { Hosts } from './hosts.ts';
import { DownloadTask } from './task.ts';
import type { DownloadDetail, DownloadEvent, DownloadOutcome } from './types.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';

const loop = new RunLoop<DownloadOutcome, DownloadDetail, DownloadTask>(parentPort);
const reply = (message: WorkerReply) => parentPort?.postMessage(message);
const hashes = new HashThread();
const context = {
  pool: new BufferPool(pages, true),
  globalLimit: loop.globalLimit,
  hash: hashes.follow.bind(hashes),
  hosts: new Hosts(),
  network: { ...defaultNetwork, ...(workerData as Partial<Network>) } as Network,
};
/** Readers that wait, by number: what ends each. */
const wants = new Map<number, () => void>();

async function start({ spec, resume }: Extract<WorkerRequest, { kind: 'start' }>): Promise<void> {
  const { id } = spec;
  const emit = (event: DownloadEvent) => reply({ kind: 'event', id, event });
  const outcome = await loop.run(id, () => new DownloadTask(spec, resume, context, emit));
  emit({ kind: 'ended', outcome });
}

function want({ id, number, position }: Extract<WorkerRequest, { kind: 'want' }>): void {
  const answer = (end: number | null) => {
    wants.delete(number);
    reply({ kind: 'readable', number, end });
  };
  const task = loop.tasks.get(id);
  if (!task) {
    answer(null);
    return;
  }
  // An answer may come at once: what ends the wait is then nobody's business any more.
  let answered = false;
  const end = task.want(position, (at) => {
    answered = true;
    answer(at);
  });
  if (!answered) wants.set(number, end);
}

parentPort?.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'start':
      void start(request);
      return;
    case 'host-limits':
      context.hosts.setLimits(request.limits);
      loop.unlimit();
      return;
    case 'host-caps':
      for (const [host, cap] of Object.entries(request.caps)) context.hosts.lower(host, cap);
      return;
    case 'trusted':
      context.network = { ...context.network, trusted: request.trusted };
      return;
    case 'connections':
      loop.tasks.get(request.id)?.setConnections(request.connections);
      return;
    case 'want':
      want(request);
      return;
    case 'unwant':
      wants.get(request.number)?.();
      wants.delete(request.number);
      return;
    case 'close':
      void hashes.close();
      loop.answer(request);
      return;
    default:
      loop.answer(request);
  }
});
