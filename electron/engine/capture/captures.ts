import { type Disk, thisDisk } from './capture-file.ts';
import { CaptureRun } from './run.ts';
import type { CaptureEvent, Captures } from './types.ts';

/** How often figures are taken. */
const TICK_MS = 250;

/** Captures, in this thread: what they do at a time is short, and most of it waits. A test brings its own `disk`. */
export function createCaptures(disk: Disk = thisDisk): Captures {
  const running = new Map<string, { readonly run: CaptureRun; readonly ended: Promise<void> }>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const now = performance.now();
    for (const { run } of running.values()) run.tick(now);
  }

  async function end(id: string, run: CaptureRun, onEvent: (event: CaptureEvent) => void): Promise<void> {
    const outcome = await run.run();
    running.delete(id);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    onEvent({ kind: 'ended', outcome });
  }

  return {
    start(spec, resume, onEvent) {
      if (running.has(spec.id)) throw new Error(`Capture ${spec.id} runs already`);
      const run = new CaptureRun(spec, resume, disk, onEvent);
      timer ??= setInterval(tick, TICK_MS);
      running.set(spec.id, { run, ended: end(spec.id, run, onEvent) });
    },
    stop: (id) => running.get(id)?.run.stop(),
    finish: (id) => running.get(id)?.run.finish(),
    meters: () => [...running.values()].map(({ run }) => run.meter()),
    detail: (id) => running.get(id)?.run.detail() ?? null,
    listen: (id, after, reader) => running.get(id)?.run.listen(after, reader) ?? null,
    async close() {
      for (const { run } of running.values()) run.stop();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
