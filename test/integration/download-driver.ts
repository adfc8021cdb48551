import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  createDownloads,
  type DownloadEvent,
  type DownloadJournal,
  type DownloadOutcome,
  type Downloads,
  type DownloadSpec,
} from '../../electron/engine/download/index.ts';
import { loopbackCertificate } from '../servers/certificate.ts';
import { startRangeServer, type RangeServer, type RangeServerOptions } from '../servers/range-server.ts';

/** Impatient, so that a test of patience is quick. */
export const QUICK = { connectTimeout: 2000, idleTimeout: 700, backoff: 20 };

/** A room for downloads that trusts the test servers' certificate. */
export async function openRoom(network: Partial<typeof QUICK> = {}): Promise<Downloads> {
  const { cert } = await loopbackCertificate();
  return createDownloads({ ...QUICK, ...network, ca: cert });
}

export interface Driven {
  readonly outcome: DownloadOutcome;
  readonly journal: DownloadJournal | null;
  readonly events: readonly DownloadEvent[];
  /** Waits that servers asked for, in ms. */
  readonly retryAfters: readonly number[];
  /** Runs that were needed: more than one where a run ended with “retry”. */
  readonly runs: number;
  readonly folder: string;
}

export interface DriveOptions extends Partial<DownloadSpec> {
  readonly folder: string;
  readonly resume?: DownloadJournal | null;
  /** Runs at most. */
  readonly tries?: number;
  /** Instead of a room of its own. */
  readonly room?: Downloads;
  /** Stops the download at the first event of which it says so. */
  readonly stopAt?: (event: DownloadEvent) => boolean;
}

/**
 * Runs a download as the jobs room would, but without its waits: a run that ends with “retry” is followed by another,
 * from the last journal, at most `tries` times.
 */
export async function drive(url: string, options: DriveOptions): Promise<Driven> {
  const { resume = null, tries = 6, room, stopAt, ...given } = options;
  const downloads = room ?? (await openRoom());
  const spec: DownloadSpec = {
    id: 'test',
    url,
    headers: {},
    name: null,
    connections: null,
    limit: null,
    checksum: null,
    ...given,
  };
  const events: DownloadEvent[] = [];
  const retryAfters: number[] = [];
  let journal = resume;
  let outcome: DownloadOutcome = { kind: 'stopped' };
  let runs = 0;
  try {
    while (runs < tries) {
      runs += 1;
      outcome = await new Promise<DownloadOutcome>((resolve) => {
        downloads.start(spec, journal, (event) => {
          events.push(event);
          if (event.kind === 'started' || event.kind === 'committed') ({ journal } = event);
          if (event.kind === 'ended') resolve(event.outcome);
          else if (stopAt?.(event)) downloads.stop(spec.id);
        });
      });
      if (outcome.kind !== 'retry') break;
      if (outcome.retryAfter !== null) retryAfters.push(outcome.retryAfter);
    }
  } finally {
    if (!room) await downloads.close();
  }
  return { outcome, journal, events, retryAfters, runs, folder: spec.folder };
}

/** Starts range servers for tests of one file; each is closed at the end of its test. */
export function rangeServers(): (options: RangeServerOptions) => Promise<RangeServer> {
  const open: RangeServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  return async (options) => {
    const server = await startRangeServer(options);
    open.push(server);
    return server;
  };
}

/** A folder of the test's own, removed at its end. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Names in a folder, sorted. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).toSorted();
}
