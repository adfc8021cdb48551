/** What the serve bench measures of servers of files: the whole, ranges, readers that stop. Rounds are interleaved. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './report.ts';
import { drain, rangeLoad, stall } from './serve-load.ts';
import type { ServeFigures } from './serve-report.ts';
import { cpu, currentRss, peakRss, type NodeServer, type Place, type Server } from './serve-servers.ts';

const CONNECTIONS = 50;
const STALLED = 200;
const RANGE_SECONDS = 3;
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

export async function measureWhole(
  servers: readonly (Server | NodeServer)[],
  rounds: number,
): Promise<ServeFigures['whole']> {
  const measured = await measureDrains(
    servers.map((server) => ({ server, place: server })),
    rounds,
  );
  const delays = servers.map((): { delay: number; own: number }[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, server] of servers.entries()) {
      // The slow ones are looked at once: they are here to compare with.
      if (!('loopDelay' in server) || (round > 0 && server.name !== 'Sluice')) continue;
      // Four readers at once: what else the process does must not wait.
      await server.loopDelay();
      await Promise.all(Array.from({ length: READERS }, () => drain(server)));
      delays[index]?.push(await server.loopDelay());
    }
  }
  return measured.map((figures, index) => ({
    ...figures,
    name: servers[index]!.name,
    loopDelay: median(delays[index]!.map(({ delay }) => delay)),
    ownLoopDelay: delays[index]!.length === 0 ? null : Math.max(...delays[index]!.map(({ own }) => own)),
  }));
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
    const alone = (await drain(server)).seconds;
    const before = currentRss(server);
    const sockets = await stall(server, STALLED);
    // Until the kernel's buffers are full and the servers wait.
    await sleep(3_000);
    const perReader = (currentRss(server) - before) / STALLED;
    const beside = (await drain(server)).seconds;
    for (const socket of sockets) socket.destroy();
    result.push({ name: server.name, perReader, slowdown: beside / alone });
    await sleep(500);
  }
  return result;
}
