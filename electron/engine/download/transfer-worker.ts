/**
 * The transfer thread: owns the sockets and the files of all downloads. A plain libuv loop, which Electron's main
 * process has not: there the same transfer is three times slower.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../../../shared/failure.ts';
import { BufferPool, TokenBucket } from '../flow/index.ts';
import { defaultNetwork, type Network } from '../remote/index.ts';
import { HashThread } from './hash-thread.ts';
import { Hosts } from './hosts.ts';
import { DownloadTask } from './task.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';

/** Ms between ticks: meters, syncs, and whether more connections would help. */
const TICK = 250;

// Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
(process as { noAsar?: boolean }).noAsar = true;

const port = parentPort;
if (!port) throw new Error('This file is a worker thread');
const given = workerData as Partial<Network>;
const reply = (message: WorkerReply) => port.postMessage(message);

const tasks = new Map<string, DownloadTask>();
const hashes = new HashThread();
const context = {
  pool: new BufferPool(),
  globalLimit: new TokenBucket(null),
  hash: hashes.follow.bind(hashes),
  hosts: new Hosts(),
  network: { ...defaultNetwork, ...given } as Network,
};
/** Readers that wait, by number: what ends each. */
const wants = new Map<number, () => void>();
let timer: NodeJS.Timeout | null = null;

function tick(): void {
  const now = performance.now();
  for (const task of tasks.values()) task.tick(now);
  reply({ kind: 'meters', meters: [...tasks.values()].map((task) => task.meter()) });
  if (tasks.size === 0 && timer) {
    clearInterval(timer);
    timer = null;
  }
}

async function start(request: Extract<WorkerRequest, { kind: 'start' }>): Promise<void> {
  const { id } = request.spec;
  const task = new DownloadTask(request.spec, request.resume, context, (event) => reply({ kind: 'event', id, event }));
  tasks.set(id, task);
  timer ??= setInterval(tick, TICK);
  const outcome = await task.run();
  tasks.delete(id);
  reply({ kind: 'event', id, event: { kind: 'ended', outcome } });
}

function want({ id, number, position }: Extract<WorkerRequest, { kind: 'want' }>): void {
  const answer = (end: number | null) => {
    wants.delete(number);
    reply({ kind: 'readable', number, end });
  };
  const task = tasks.get(id);
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

port.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'start':
      start(request).catch((error: unknown) =>
        reply({
          kind: 'event',
          id: request.spec.id,
          event: { kind: 'ended', outcome: { kind: 'failed', failure: toFailure(error) } },
        }),
      );
      return;
    case 'close':
      if (timer) clearInterval(timer);
      port.close();
      void hashes.close();
      return;
    case 'stop':
      tasks.get(request.id)?.stop();
      return;
    case 'limit':
      if (request.id !== null) {
        tasks.get(request.id)?.setLimit(request.rate);
        return;
      }
      if (request.rate === context.globalLimit.rate) return;
      context.globalLimit.setRate(request.rate);
      for (const task of tasks.values()) task.unlimit();
      return;
    case 'host-limits':
      context.hosts.setLimits(request.limits);
      for (const task of tasks.values()) task.unlimit();
      return;
    case 'host-caps':
      for (const [host, cap] of Object.entries(request.caps)) context.hosts.lower(host, cap);
      return;
    case 'trusted':
      context.network = { ...context.network, trusted: request.trusted };
      return;
    case 'connections':
      tasks.get(request.id)?.setConnections(request.connections);
      return;
    case 'detail':
      reply({ kind: 'detail', id: request.id, detail: tasks.get(request.id)?.detail() ?? null });
      return;
    case 'want':
      want(request);
      return;
    case 'unwant':
      wants.get(request.number)?.();
      wants.delete(request.number);
      return;
  }
});
