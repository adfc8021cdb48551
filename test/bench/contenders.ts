/** The ways to download that the bench compares: each fetches one link into one file, and says what it cost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDirect, reserveSpace } from '../../electron/engine/files/index.ts';
import { BufferPool, pages } from '../../electron/engine/flow/index.ts';
import type { Job } from '../../shared/job.ts';
import { cpuOf, peakRssOf, runMetered, type Cost } from './process-meter.ts';

export interface Task {
  readonly url: string;
  readonly connections: number;
  /** File to write. */
  readonly out: string;
  /** A small file on the same way. */
  readonly small: string;
  /** PEM file of the authority to trust. */
  readonly authority: string;
  /** SHA-256 in hexadecimal that the contender itself has to verify; null: it need not. */
  readonly checksum: string | null;
}

export interface Measure extends Cost {
  /** Peak memory less what the process had before the download; null where it was not idle before. */
  readonly extraRss: number | null;
}

export type Contender = (task: Task) => Promise<Measure>;

const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/electron/cli.js');

const started = async (command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Measure> => {
  const { seconds, cpu, peakRss } = await runMetered(command, env);
  return { seconds, cpu, peakRss, extraRss: null };
};

/** One connection; does not hash. */
export const curl: Contender = ({ url, out, authority }) =>
  started(['curl', '--silent', '--show-error', '--fail', '--cacert', authority, '--output', out, url]);

export const aria2c: Contender = ({ url, connections, out, authority, checksum }) =>
  started([
    'aria2c',
    '--quiet',
    '--no-conf',
    '--file-allocation=none',
    '--allow-overwrite=true',
    `--max-connection-per-server=${connections}`,
    `--split=${connections}`,
    '--min-split-size=1M',
    `--ca-certificate=${authority}`,
    ...(checksum === null ? [] : [`--checksum=sha-256=${checksum}`]),
    `--dir=${dirname(out)}`,
    `--out=${basename(out)}`,
    url,
  ]);

/** The command line, from its start to its end, with a store of its own. */
export const sluiceCommand: Contender = async ({ url, connections, out, authority, checksum }) => {
  const home = mkdtempSync(join(dirname(out), 'home-'));
  try {
    return await started(
      [
        process.execPath,
        cli,
        'get',
        url,
        '--json',
        `--home=${home}`,
        `--output=${dirname(out)}`,
        `--name=${basename(out)}`,
        `--connections=${connections}`,
        ...(checksum === null ? [] : [`--checksum=sha-256:${checksum}`]),
      ],
      { NODE_EXTRA_CA_CERTS: authority },
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};

/**
 * Sluice as it mostly is: running, with its window's server, and with a small download behind it, when a download is
 * added over its API. Seconds from the request to the moment that the job was recorded as completed.
 */
export const sluiceRunning: Contender = async ({ url, small, connections, out, authority, checksum }) => {
  const home = mkdtempSync(join(dirname(out), 'home-'));
  const child = spawn(process.execPath, [cli, 'host', '--json', '--home', home], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const died = ended.then(([code]) => {
      throw new Error(`the host ended with ${String(code)} before it listened`);
    });
    const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), died])) as [string];
    const { event, link, pid } = JSON.parse(line) as { event: string; link: string; pid: number };
    if (event !== 'listening') throw new Error(line);
    const { origin, hash } = new URL(link);
    const api = async <T>(path: string, body?: unknown): Promise<T> => {
      const response = await fetch(`${origin}/api${path}`, {
        headers: {
          authorization: `Bearer ${new URLSearchParams(hash.slice(1)).get('token') ?? ''}`,
          'content-type': 'application/json',
        },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    };
    const folder = dirname(out);
    const get = async (download: Readonly<Record<string, unknown>>): Promise<number> => {
      const [added] = await api<({ ok: true; id: string } | { ok: false })[]>('/jobs', {
        downloads: [{ connections, folder, ...download }],
      });
      if (!added?.ok) throw new Error(`not added: ${JSON.stringify(added)}`);
      return completion(() => api<Job>(`/jobs/${added.id}`));
    };
    await get({ url: small, name: 'small.bin' });
    rmSync(join(folder, 'small.bin'));
    const [cpuBefore, rssBefore] = [cpuOf(pid), peakRssOf(pid)];
    const began = Date.now();
    const completedAt = await get({
      url,
      name: basename(out),
      ...(checksum !== null && { checksum: `sha-256:${checksum}` }),
    });
    const [cpuAfter, rssAfter] = [cpuOf(pid), peakRssOf(pid)];
    return {
      seconds: (completedAt - began) / 1000,
      cpu: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
      peakRss: rssAfter,
      extraRss: rssBefore === null || rssAfter === null ? null : rssAfter - rssBefore,
    };
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
};

/** When the job completed by its own record, however late that is seen here. Asks rarely, to cost the host little. */
async function completion(job: () => Promise<Job>): Promise<number> {
  for (;;) {
    const { state } = await job();
    if (state.kind === 'completed') return state.at;
    if (['failed', 'attention', 'cancelled'].includes(state.kind)) throw new Error(JSON.stringify(state));
    await sleep(200);
  }
}

/**
 * The least that the disk itself takes for the same bytes, which others may leave in the page cache: direct writes as large
 * as Sluice's into reserved blocks, two at a time, until they are on it. `source`: the file, of whole pages.
 */
export const diskAlone =
  (source: string): Contender =>
  async ({ out }) => {
    await using from = await open(source);
    await using file = await open(out, 'w');
    await using direct = await openDirect(file);
    if (!direct) throw new Error(`${out} cannot be written around the page cache`);
    const { size } = await from.stat();
    const cpu = process.cpuUsage();
    const began = performance.now();
    await reserveSpace(file, size);
    let next = 0;
    const copy = async () => {
      const buffer = pages(new BufferPool().size);
      for (let at = next; at < size; at = next) {
        next = at + buffer.length;
        const { bytesRead } = await from.read(buffer, 0, buffer.length, at);
        await direct.write(buffer, 0, bytesRead, at);
      }
    };
    await Promise.all([copy(), copy()]);
    await file.datasync();
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpu: (user + system) / 1e6, peakRss: null, extraRss: null };
  };

/** The least that Node can do over http on one connection: see bare-loop.ts. Its own figure, without Node's start. */
export const bareLoop: Contender = async ({ url, out }) => {
  const { cpu, peakRss, output } = await runMetered([
    process.execPath,
    join(import.meta.dirname, 'bare-loop.ts'),
    url,
    out,
  ]);
  return { seconds: Number(output), cpu, peakRss, extraRss: null };
};
