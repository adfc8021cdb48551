/** What the serve bench measures of servers of files: the whole, ranges, readers that stop. Rounds are interleaved. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './report.ts';
import { drain, rangeLoad, stall } from './serve-load.ts';
import type { ServeFigures } from './serve-report.ts';
import { cpu, currentRss, peakRss, type NodeServer, type Place, type Server } from './serve-servers.ts';

const CONNECTIONS = 50;
const STALLED = 200;
const RANGE_SECONDS = 2;
/** Times that a figure of Sluice's is taken where those it is compared with are looked at once: they are slow. */
const OFTEN = 5;
const READERS = 4;

export interface Drain {
  readonly server: Server;
  readonly place: Place;
  /** Done before each round, and not measured. */
  readonly before?: () => void;
}

/** MB/s and CPU-seconds per GB of each, in so many rounds after one that does not count. */
export async function measureDrains(
  drains: readonly Drain[],
  rounds: number,
): Promise<{ mbps: number; cpuPerGb: number; first: number; peakRss: number }[]> {
  const all = drains.map(() => ({ mbps: [] as number[], cpuPerGb: [] as number[], first: [] as number[] }));
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { server, place, before }] of drains.entries()) {
      before?.();
      const used = cpu(server);
      const { seconds, first, size } = await drain(place);
      if (round < 0) continue;
      all[index]?.mbps.push(size / seconds / 1e6);
      all[index]?.cpuPerGb.push((cpu(server) - used) / (size / 1e9));
      all[index]?.first.push(first * 1000);
    }
  }
  return all.map(({ mbps, cpuPerGb, first }, index) => ({
    mbps: median(mbps) ?? 0,
    cpuPerGb: median(cpuPerGb) ?? 0,
    first: median(first) ?? 0,
    peakRss: peakRss(drains[index]!.server),
  }));
}

export async function measureWhole(servers: readonly Server[], rounds: number): Promise<ServeFigures['whole']> {
  const measured = await measureDrains(
    servers.map((server) => ({ server, place: server })),
    rounds,
  );
  return measured.map((figures, index) => ({ ...figures, name: servers[index]!.name }));
}

/** How often a figure of a server is taken. */
const times = ({ name }: Server) => (name === 'Sluice' ? OFTEN : 1);

/** Four readers at once: what else the process does must not wait. */
export async function measureDelay(servers: readonly NodeServer[]): Promise<ServeFigures['delay']> {
  const result = [];
  for (const server of servers) {
    const delays: { delay: number; own: number }[] = [];
    for (let round = 0; round < times(server); round += 1) {
      await server.loopDelay();
      await Promise.all(Array.from({ length: READERS }, () => drain(server)));
      delays.push(await server.loopDelay());
    }
    const worst = median(delays.map(({ delay }) => delay)) ?? 0;
    result.push({ name: server.name, worst, own: Math.max(...delays.map(({ own }) => own)) });
  }
  return result;
}

export async function measureRanges(
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

export async function measureStalled(servers: readonly Server[]): Promise<ServeFigures['stalled']> {
  const result = [];
  for (const server of servers) {
    const samples = [];
    for (let round = 0; round < times(server); round += 1) samples.push(await stalledOnce(server));
    const perReader = median(samples.map((one) => one.perReader)) ?? 0;
    result.push({ name: server.name, perReader, slowdown: median(samples.map((one) => one.slowdown)) ?? 0 });
  }
  return result;
}

async function stalledOnce(server: Server): Promise<{ perReader: number; slowdown: number }> {
  const alone = (await drain(server)).seconds;
  const before = currentRss(server);
  const sockets = await stall(server, STALLED);
  // Until the kernel's buffers are full and the servers wait.
  await sleep(3_000);
  const perReader = (currentRss(server) - before) / STALLED;
  const beside = (await drain(server)).seconds;
  for (const socket of sockets) socket.destroy();
  await sleep(500);
  return { perReader, slowdown: beside / alone };
}
