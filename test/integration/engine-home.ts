/** An engine with a home of its own for one test, and how to wait for what becomes of its jobs. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, type EngineOptions, openEngine } from '../../electron/engine/index.ts';
import type { DownloadRequest } from '../../shared/download.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import type { FailureCode } from '../../shared/failure.ts';
import type { Job, JobStateKind } from '../../shared/job.ts';

export interface EngineHome extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** Where files go. */
  readonly files: string;
  readonly engine: Engine;
  /** Closes the engine and opens it anew; `between` is done while it is closed. */
  restart(between?: () => unknown): Promise<void>;
  add(request: DownloadRequest): string;
  /** Resolves with the job as soon as `holds` of it; `done` counts bytes that a run has written too. */
  until(id: string, holds: (job: Job, done: number) => boolean): Promise<Job>;
  reaches(id: string, kind: JobStateKind): Promise<Job>;
  /** Resolves when the job needs a decision because of this. */
  asks(id: string, code: FailureCode): Promise<Job>;
  list(): Promise<string[]>;
  sha256(id: string): Promise<string>;
}

export async function engineHome(options: Partial<EngineOptions> = {}): Promise<EngineHome> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
  const home = join(folder, 'home');
  const files = join(folder, 'files');
  const open = () => openEngine({ home, downloadsFolder: files, ...options });
  let engine = await open();
  const result: EngineHome = {
    folder,
    home,
    files,
    get engine() {
      return engine;
    },
    async restart(between = () => {}) {
      await engine.close();
      await between();
      engine = await open();
    },
    add(request) {
      const [added] = engine.add([request]);
      if (!added?.ok) throw new Error(`not added: ${JSON.stringify(added)}`);
      return added.id;
    },
    until(id, holds) {
      const { promise, resolve, reject } = Promise.withResolvers<Job>();
      const end = engine.subscribe((event: JobsEvent) => {
        const meter = event.meters.find((meter) => meter.id === id);
        const job = engine.list().find((job) => job.id === id);
        if (!job) return;
        if (holds(job, meter?.done ?? job.done)) resolve(job);
        else if (['failed', 'attention', 'cancelled'].includes(job.state.kind)) {
          reject(new Error(JSON.stringify(job.state)));
        }
      });
      return promise.finally(() => {
        end();
      });
    },
    reaches: (id, kind) => result.until(id, (job) => job.state.kind === kind),
    asks: (id, code) => result.until(id, ({ state }) => state.kind === 'attention' && state.failure.code === code),
    list: async () => (await readdir(files)).toSorted(),
    sha256: async (id) =>
      createHash('sha256')
        .update(await readFile(engine.fileOf(id)))
        .digest('hex'),
    async [Symbol.asyncDispose]() {
      await engine.close();
      // Where something is mounted in it, the test that mounted it tidies up.
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    },
  };
  return result;
}
