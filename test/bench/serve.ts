/**
 * `npm run bench -- serve [--only whole,ranges,stalled] [--rounds N] [--size MIB]`: the share server beside nginx, sirv
 * and send, all from one file in the page cache. Rounds are interleaved; figures are medians; results go to
 * test/bench/results/serve.md and .json.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { certificateFiles } from '../servers/certificate.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startNginx } from './nginx.ts';
import { cpuOf, peakRssOf } from './process-meter.ts';
import { ensurePrograms } from './programs.ts';
import { describeMachine, median } from './report.ts';
import { drain, rangeLoad, stall } from './serve-load.ts';
import { serveMarkdown, serveTargets, type ServeFigures } from './serve-report.ts';

const FILE = 'data.bin';
const CONNECTIONS = 50;
const STALLED = 200;
const RANGE_SECONDS = 3;

interface Server extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly pids: () => number[];
  /** Worst delay of its event loop since it was asked last, ms; null where it has none. */
  readonly loopDelay: () => Promise<number | null>;
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: 'whole,ranges,stalled' },
      rounds: { type: 'string', default: '5' },
      size: { type: 'string', default: '2048' },
    },
  });
  const rounds = Number(values.rounds);
  const size = Number(values.size) * 2 ** 20;
  const phases = values.only.split(',');
  const versions = ensurePrograms(['nginx', 'wrk']);
  const work = mkdtempSync(join(tmpdir(), 'sluice-bench-serve-'));
  const root = join(work, 'files');
  mkdirSync(root);
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const json = join(results, 'serve.json');
  // Pieces of a run that were measured at other times stay.
  const figures: ServeFigures = existsSync(json)
    ? (JSON.parse(readFileSync(json, 'utf8')) as { figures: ServeFigures }).figures
    : {};
  try {
    await writeFile(join(root, FILE), size);
    await using nginx = await startNginxServer(root, join(work, 'nginx'), 'on');
    await using nginxForRanges = await startNginxServer(root, join(work, 'nginx-ranges'), 'off');
    await using sluice = await startNode('Sluice', 'sluice', root);
    await using sirv = await startNode('sirv', 'sirv', root);
    await using send = await startNode('send', 'send', root);
    const servers = [nginx, sluice, sirv, send];
    if (phases.includes('whole')) figures.whole = await measureWhole(servers, size, rounds);
    if (phases.includes('ranges'))
      figures.ranges = await measureRanges([nginxForRanges, sluice, sirv, send], size, rounds);
    if (phases.includes('stalled')) figures.stalled = await measureStalled(servers, size);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions: { ...versions, node: process.version },
    figures,
  };
  const text = serveMarkdown(report);
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(results, 'serve.md'), text);
  console.log(text);
  if (serveTargets(figures).some(({ met }) => met === false)) process.exitCode = 1;
}

async function measureWhole(servers: readonly Server[], size: number, rounds: number): Promise<ServeFigures['whole']> {
  const all = servers.map(({ name }) => ({
    name,
    mbps: [] as number[],
    cpuPerGb: [] as number[],
    delay: [] as number[],
  }));
  for (const server of servers) await drain(server, size);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, server] of servers.entries()) {
      const before = cpu(server);
      const seconds = await drain(server, size);
      all[index]?.mbps.push(size / seconds / 1e6);
      all[index]?.cpuPerGb.push((cpu(server) - before) / (size / 1e9));
    }
  }
  // Four readers at once: what else the process does must not wait.
  for (const [index, server] of servers.entries()) {
    await server.loopDelay();
    await Promise.all(Array.from({ length: 4 }, () => drain(server, size)));
    const delay = await server.loopDelay();
    if (delay !== null) all[index]?.delay.push(delay);
  }
  return all.map(({ name, mbps, cpuPerGb, delay }, index) => ({
    name,
    mbps: median(mbps) ?? 0,
    cpuPerGb: median(cpuPerGb) ?? 0,
    peakRss: rss(servers[index]!),
    loopDelay: median(delay),
  }));
}

async function measureRanges(
  servers: readonly Server[],
  size: number,
  rounds: number,
): Promise<ServeFigures['ranges']> {
  const all = servers.map(({ name }) => ({ name, perSecond: [] as number[], p99: [] as number[] }));
  for (const server of servers) await rangeLoad(server, size, CONNECTIONS, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, server] of servers.entries()) {
      const { perSecond, p99 } = await rangeLoad(server, size, CONNECTIONS, RANGE_SECONDS);
      all[index]?.perSecond.push(perSecond);
      all[index]?.p99.push(p99);
    }
  }
  return all.map(({ name, perSecond, p99 }) => ({ name, perSecond: median(perSecond) ?? 0, p99: median(p99) ?? 0 }));
}

async function measureStalled(servers: readonly Server[], size: number): Promise<ServeFigures['stalled']> {
  const result = [];
  for (const server of servers) {
    const alone = await drain(server, size);
    const before = currentRss(server);
    const sockets = await stall(server, STALLED);
    // Until the kernel's buffers are full and the servers wait.
    await sleep(3_000);
    const perReader = (currentRss(server) - before) / STALLED;
    const beside = await drain(server, size);
    for (const socket of sockets) socket.destroy();
    result.push({ name: server.name, perReader, slowdown: beside / alone });
    await sleep(500);
  }
  return result;
}

async function startNode(name: string, kind: string, root: string): Promise<Server> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'serve-server.ts'), [kind, root, FILE], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ link }] = (await once(child, 'message')) as [{ link: string }];
  const url = new URL(link);
  return {
    name,
    port: Number(url.port),
    path: url.pathname,
    pids: () => [child.pid ?? 0],
    async loopDelay() {
      child.send('delay');
      const [{ delay }] = (await once(child, 'message')) as [{ delay: number }];
      return delay;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** Each phase is measured against nginx's better setting: full packets for the whole, none held back for ranges. */
async function startNginxServer(root: string, work: string, tcpNopush: 'on' | 'off'): Promise<Server> {
  const certificate = await certificateFiles();
  const nginx = await startNginx(root, work, certificate, tcpNopush);
  const master = Number(readFileSync(join(work, 'nginx.pid'), 'utf8'));
  return {
    name: 'nginx',
    port: nginx.httpPort,
    path: `/${FILE}`,
    pids: () => [master, ...childrenOf(master)],
    loopDelay: () => Promise.resolve(null),
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      certificate[Symbol.dispose]();
    },
  };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

const sum = (values: readonly (number | null)[]) => values.reduce((total: number, value) => total + (value ?? 0), 0);
const cpu = (server: Server) => sum(server.pids().map(cpuOf));
const rss = (server: Server) => sum(server.pids().map(peakRssOf));

function currentRss(server: Server): number {
  return sum(
    server.pids().map((pid) => {
      const kib = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      return kib === undefined ? null : Number(kib) * 1024;
    }),
  );
}

async function writeFile(path: string, size: number): Promise<void> {
  const source = generatedBytes();
  const file = await open(path, 'w');
  const step = 16 * 2 ** 20;
  for (let at = 0; at < size; at += step) await file.write(source.read(at, Math.min(size, at + step)));
  await file.close();
}
