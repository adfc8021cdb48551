/** The export thread: owns the sessions, the encoders and the files of all exports, so that no other loop waits for them. */
import { parentPort, workerData } from 'node:worker_threads';
import { BufferPool, RunLoop, type RunOutcome } from '../flow/index.ts';
import { ExportTask, type TaskContext } from './task.ts';
import type { ExportDetail, ExportEvent } from './types.ts';
import type { ExportSettings, WorkerReply, WorkerRequest } from './worker-messages.ts';

const defaults: ExportSettings = { holdFor: 5 * 60_000, checkpointEvery: 3000 };

const loop = new RunLoop<RunOutcome, ExportDetail, ExportTask>(parentPort);
const runs = new Map<number, ExportTask>();
let lastRun = 0;
const context: TaskContext = {
  pool: new BufferPool(),
  globalLimit: loop.globalLimit,
  settings: { ...defaults, ...(workerData as Partial<ExportSettings>) },
};

async function start({ spec, resume }: Extract<WorkerRequest, { kind: 'start' }>): Promise<void> {
  const { id } = spec;
  lastRun += 1;
  const run = lastRun;
  const emit = (event: ExportEvent) => parentPort?.postMessage({ kind: 'event', id, run, event } satisfies WorkerReply);
  const outcome = await loop.run(id, () => {
    const task = new ExportTask(spec, resume, context, emit);
    runs.set(run, task);
    return task;
  });
  runs.delete(run);
  emit({ kind: 'ended', outcome });
}

parentPort?.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'start':
      void start(request);
      return;
    case 'pause':
      loop.tasks.get(request.id)?.pause();
      return;
    case 'resume':
      loop.tasks.get(request.id)?.resume();
      return;
    case 'stored':
      runs.get(request.run)?.stored();
      return;
    default:
      loop.answer(request);
  }
});
