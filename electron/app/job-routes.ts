/** The contract's procedures about jobs: downloads, exports and captures. */
import { SluiceError } from '../../shared/failure.ts';
import type { Job } from '../../shared/job.ts';
import type { App } from './app.ts';
import { opener, type Routes, streamed } from './routes.ts';
import { watchDetail, watchJobs } from './watch.ts';

export function jobRoutes(os: Routes, app: App) {
  const { engine, ports } = app;
  return {
    jobs: {
      add: os.jobs.add.handler(({ input }) => engine.add(input.downloads)),
      list: os.jobs.list.handler(() => engine.list()),
      get: os.jobs.get.handler(({ input }) => engine.get(input.id)),
      watch: os.jobs.watch.handler(({ signal }) => streamed(app, 'jobs.watch', watchJobs(engine, signal))),
      detail: os.jobs.detail.handler(({ input, signal }) =>
        streamed(app, 'jobs.detail', watchDetail(engine, input.id, signal)),
      ),
      pause: os.jobs.pause.handler(({ input }) => engine.pause(input.ids)),
      resume: os.jobs.resume.handler(({ input }) => engine.resume(input.ids)),
      finish: os.jobs.finish.handler(({ input }) => engine.finish(input.ids)),
      cancel: os.jobs.cancel.handler(({ input }) => engine.cancel(input.ids)),
      retry: os.jobs.retry.handler(({ input }) => engine.retry(input.ids)),
      remove: os.jobs.remove.handler(({ input }) => engine.remove(input.ids, input.deleteFile)),
      reorder: os.jobs.reorder.handler(({ input }) => engine.reorder(input.ids, input.before)),
      setLimit: os.jobs.setLimit.handler(({ input }) => engine.setLimit(input.id, input.limit)),
      setConnections: os.jobs.setConnections.handler(({ input }) => engine.setConnections(input.id, input.connections)),
      decide: os.jobs.decide.handler(({ input }) => {
        const { id, choice, ...details } = input;
        return engine.decide(id, choice, details);
      }),
      setPriority: os.jobs.setPriority.handler(({ input }) => engine.setPriority(input.ids, input.priority)),
      setStartAt: os.jobs.setStartAt.handler(({ input }) => engine.setStartAt(input.ids, input.startAt)),
      open: os.jobs.open.handler(({ input }) => opener(ports).open(finishedFile(app, input.id))),
      reveal: os.jobs.reveal.handler(({ input }) => opener(ports).reveal(engine.fileOf(input.id))),
      openLink: os.jobs.openLink.handler(({ input }) => opener(ports).openLink(webLink(linkOf(engine.get(input.id))))),
    },
    exports: {
      add: os.exports.add.handler(({ input }) => ({ id: engine.addExport(input) })),
      sample: os.exports.sample.handler(async ({ input, signal }) => ({
        text: await engine.exportSample(input, signal),
      })),
      name: os.exports.name.handler(({ input }) => ({
        name: engine.exportName(input.source, input.format, input.compression),
      })),
    },
    captures: { add: os.captures.add.handler(({ input }) => ({ id: engine.addCapture(input) })) },
  };
}

/** Only a finished file is handed to another program. */
function finishedFile({ engine }: App, id: string): string {
  const job = engine.get(id);
  if (job.state.kind !== 'completed') {
    throw new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
  }
  return engine.fileOf(id);
}

/** The link of a job that has one. */
function linkOf(job: Job): string {
  if (job.kind === 'download') return job.url;
  throw new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
}

/** A link that may be handed to a browser: http and https, nothing that starts a program. */
function webLink(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new SluiceError('unsupported-scheme', { scheme: url?.protocol ?? text });
  }
  return url.href;
}
