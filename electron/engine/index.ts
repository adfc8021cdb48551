/** The door of the engine. */
import { SluiceError } from '../../shared/failure.ts';
import { createCaptures } from './capture/index.ts';
import { createDownloads, probeRemote } from './download/index.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { openDatabases } from './database/index.ts';
import { createExports, sampleOf, streamRows } from './export/index.ts';
import { exportName, openJobs, parseTarget } from './jobs/index.ts';
import { createSampleRemote, openShares } from './serve/index.ts';

export type { DecisionDetails, Engine, EngineOptions, SecretKeeper } from './engine.ts';

/** What the jobs have too, and the engine does more for. */
type MoreThanJobs = 'addExport' | 'addCapture' | 'setSettings' | 'close';

/**
 * Opens the engine of a home folder; what ran when it was closed, or when its process died, goes on.
 * @throws store-in-use where another process has it, store-newer, and what the disk refuses
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const downloads = createDownloads();
  const exports = createExports();
  const captures = createCaptures();
  let opened: { close(): Promise<void> } = downloads;
  try {
    const target = (connection: string) => databases.target(connection);
    const jobs = openJobs(options, { downloads, exports, captures, target });
    // From here on the home is locked, and whatever fails lets it go.
    opened = jobs;
    const { home, secrets = null } = options;
    const databases = openDatabases({ documents: jobs.documents('connections'), secrets, home });
    const kept = jobs.documents('shares');
    const shares = openShares({
      // A one-off command serves what it was asked to while it lasts, however it ends, and nothing that is kept.
      documents: options.autoStart === false ? { all: () => [], put() {}, delete() {} } : kept,
      home,
      liveFile: (job) => jobs.liveFile(job),
      captureName: (id) => {
        const { kind, name } = jobs.get(id);
        if (kind !== 'capture') throw new SluiceError('unknown-job', { id });
        return name;
      },
      listen: (job, after, reader) => captures.listen(job, after, reader),
      target,
      trusted: () => jobs.trusted(),
      https: () => jobs.settings().shareHttps,
      port: options.sharePort ?? null,
    });
    const sampleRemote = createSampleRemote();
    // A sample that was interrupted finds its remote again.
    for (const job of jobs.list()) {
      const ended = job.state.kind === 'completed' || job.state.kind === 'cancelled';
      if (ended) continue;
      if (job.kind === 'download') await sampleRemote.revive(job.url);
      if (job.kind === 'capture' && job.feed.kind === 'sse') await sampleRemote.revive(job.feed.url);
    }
    jobs.begin();
    const profileOf = (id: string) => {
      const profile = databases.list().find((known) => known.id === id);
      if (!profile) throw new SluiceError('unknown-connection', { id });
      return profile;
    };
    const addExport = jobs.addExport.bind(jobs);
    const addCapture = jobs.addCapture.bind(jobs);
    const setSettings = jobs.setSettings.bind(jobs);
    const closeJobs = jobs.close.bind(jobs);
    const engine: Omit<Engine, keyof typeof jobs> & Pick<Engine, MoreThanJobs> = {
      addExport: (request) => addExport(request, profileOf(request.connection)),
      exportName,
      exportSample: async ({ connection, source, format, timeZone = 'UTC' }, signal) =>
        sampleOf({ target: await databases.target(connection), source, format, timeZone }, signal),
      exportTo: async ({ connection, source, format, compression, timeZone = 'UTC' }, take, signal) =>
        streamRows({ target: await databases.target(connection), source, format, compression, timeZone }, take, signal),
      addCapture: (request) => addCapture(request, profileOf),
      setSettings: async (patch) => {
        const settings = await setSettings(patch);
        if (patch.shareHttps !== undefined) await shares.refresh();
        return settings;
      },
      databases,
      shares,
      probe: (request, signal) => {
        const { url, headers, secrets } = parseTarget(request);
        return probeRemote({ url, headers: { ...headers, ...secrets } }, signal, { trusted: jobs.trusted() });
      },
      sample: (size, rate) => sampleRemote.url(size, rate),
      sampleFeed: () => sampleRemote.feed(),
      close: async () => {
        await shares.close();
        await closeJobs();
        await Promise.all([databases.close(), sampleRemote.close()]);
      },
    };
    return Object.assign(jobs, engine);
  } catch (error) {
    await opened.close();
    throw error;
  }
}
