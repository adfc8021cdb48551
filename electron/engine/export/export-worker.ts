/** The export thread: owns the sessions, the encoders and the files of all exports, so that no other loop waits for them. */
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../../../shared/failure.ts';
import { BufferPool, TokenBucket, type RunOutcome } from '../flow/index.ts';
import { ExportTask, type TaskContext } from './task.ts';
import type { ExportEvent } from './types.ts';
import type { ExportSettings, WorkerReply, WorkerRequest } from './worker-messages.ts';

/** Ms between ticks: meters, and whether a checkpoint is due. */
const TICK = 250;
const defaults: ExportSettings = { holdFor: 5 * 60_000, checkpointEvery: 3000 };

// Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
(process as { noAsar?: boolean }).noAsar = true;

const port = parentPort;
if (!port) throw new Error('This file is a worker thread');
const reply = (message: WorkerReply) => port.postMessage(message);

const tasks = new Map<string, ExportTask>();
const runs = new Map<number, ExportTask>();
let lastRun = 0;
const context: TaskContext = {
  pool: new BufferPool(),
  globalLimit: new TokenBucket(null),
  settings: { ...defaults, ...(workerData as Partial<ExportSettings>) },
};
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

async function start({ spec, resume }: Extract<WorkerRequest, { kind: 'start' }>): Promise<void> {
  const { id } = spec;
  lastRun += 1;
  const run = lastRun;
  const emit = (event: ExportEvent) => reply({ kind: 'event', id, run, event });
  let outcome: RunOutcome;
  try {
    const task = new ExportTask(spec, resume, context, emit);
    tasks.set(id, task);
    runs.set(run, task);
    timer ??= setInterval(tick, TICK);
    outcome = await task.run();
  } catch (error) {
    outcome = { kind: 'failed', failure: toFailure(error) };
  }
  tasks.delete(id);
  runs.delete(run);
  emit({ kind: 'ended', outcome });
}

port.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'start':
      void start(request);
      return;
    case 'pause':
      tasks.get(request.id)?.pause();
      return;
    case 'resume':
      tasks.get(request.id)?.resume();
      return;
    case 'stored':
      runs.get(request.run)?.stored();
      return;
    case 'stop':
      tasks.get(request.id)?.stop();
      return;
    case 'detail':
      reply({ kind: 'detail', id: request.id, detail: tasks.get(request.id)?.detail() ?? null });
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
    case 'close':
      if (timer) clearInterval(timer);
      port.close();
      return;
  }
});
