/** The door of the engine. */
import { createDownloads, probeRemote } from './download/index.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { openJobs, parseTarget } from './jobs/index.ts';
import { createSampleRemote } from './serve/index.ts';

export type { DecisionDetails, Engine, EngineOptions, SecretKeeper } from './engine.ts';

/**
 * Opens the engine of a home folder; what ran when it was closed, or when its process died, goes on.
 * @throws store-in-use where another process has it, store-newer, and what the disk refuses
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const downloads = createDownloads();
  try {
    let trusted: Readonly<Record<string, string>> = {};
    const remember = (fingerprints: typeof trusted) => {
      trusted = fingerprints;
      downloads.setTrusted(fingerprints);
    };
    const jobs = openJobs(options, { downloads: { ...downloads, setTrusted: remember } });
    const sampleRemote = createSampleRemote();
    // A sample that was interrupted finds its remote again; a download that asks too early tries again by itself.
    for (const { url, state } of jobs.list()) {
      if (state.kind !== 'completed' && state.kind !== 'cancelled') await sampleRemote.revive(url);
    }
    const closeJobs = jobs.close.bind(jobs);
    return Object.assign(jobs, {
      probe: async (request: Parameters<Engine['probe']>[0], signal?: AbortSignal) => {
        const { url, headers, secrets } = parseTarget(request);
        return probeRemote({ url, headers: { ...headers, ...secrets } }, signal, { trusted });
      },
      sample: (size: number, rate: number | null) => sampleRemote.url(size, rate),
      close: async () => {
        await closeJobs();
        await sampleRemote.close();
      },
    });
  } catch (error) {
    await downloads.close();
    throw error;
  }
}
