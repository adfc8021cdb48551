/** What is downloaded under torture: a link, the truth about its file, and ways to make its server misbehave. */
import type { FaultServer } from '../servers/fault-server.ts';
import { startRangeServer } from '../servers/range-server.ts';
import type { Random } from './random.ts';

export interface Target {
  /** The name that the file has to get, but for “ (1)” and its like. */
  readonly name: string;
  readonly url: string;
  readonly size: number;
  readonly sha256: string;
  /** False where the server plays a row of the fault table: then only what must never happen is asserted. */
  readonly isHonest: boolean;
  /** In words, for the report of a failure. */
  readonly manner: string;
  /** Body bytes that the server has sent. */
  sent(): number;
  /** Body bytes that it may send at most, from what was done to it so far. */
  allowed(): number;
  /** Whoever downloads is interrupted now. */
  interrupted(): void;
  /** What was known about the download may be lost: it may begin again. */
  forgotten(): void;
  /** Does something that servers and networks do. */
  vary(random: Random): void;
  /** Behaves from now on. */
  calm(): void;
  /** Connections that are open. */
  open(): number;
  close(): Promise<void>;
}

const MIB = 1 << 20;
/** An interruption may cost what was not yet durable (part-file.ts), and 5 s of transfer at most. */
const UNSYNCED = 64 * MIB;
const JOURNALLED_WITHIN_S = 5;
/** Bytes that may be in the buffers of a socket's two ends. */
const IN_FLIGHT = 4 * MIB;
/** Rows of the fault table that end with the file, whatever is interrupted on the way. */
const rows = [4, 9, 10, 12, 15, 20, 21, 25, 26, 28, 35, 36, 37, 41, 47, 50, 51] as const;

/** A conforming origin that is slow, busy and breaks connections, as chance has it. */
export async function startHonest(random: Random, name: string, seed: number, seconds: number): Promise<Target> {
  // Large ones are split among connections.
  const size = random.chance(0.5) ? random.int(20 * MIB, 48 * MIB) : random.int(1, 12 * MIB);
  const rate = Math.ceil(size / seconds);
  const validator = random.weighted([
    ['ETag', 5],
    ['Last-Modified', 2],
    ['no validator', 2],
  ]);
  const ranges = random.chance(0.92);
  const contentLength = random.chance(0.85);
  let cut = 0;
  let busy = 0;
  let allowance = MIB;
  const server = await startRangeServer({
    size,
    seed,
    path: `/${name}`,
    ...(validator !== 'ETag' && { etag: null }),
    ...(validator === 'no validator' && { lastModified: null }),
    ranges,
    contentLength,
    totalRate: rate,
    latency: random.pick([0, 0, 20, 100]),
    intercept(_request, response) {
      if (random.chance(busy)) {
        response.writeHead(503, { 'retry-after': '1', 'content-length': '0' }).end();
        return true;
      }
      if (random.chance(cut)) setTimeout(() => response.destroy(), random.int(1, 800)).unref();
      return false;
    },
  });
  const interrupted = () => {
    // Without ranges, or without a validator and a length, there is nothing to go on from.
    const again = ranges ? Math.min(UNSYNCED, JOURNALLED_WITHIN_S * rate) : size;
    allowance += again + server.connections.open * IN_FLIGHT;
  };
  const facts = [validator, ranges ? 'ranges' : 'no ranges', contentLength ? 'length' : 'chunked'];
  return {
    name,
    url: server.url,
    size,
    sha256: await server.sha256(),
    isHonest: true,
    manner: `${name}: ${size} bytes, ${rate} B/s, ${facts.join(', ')}`,
    sent: () => server.bytesSent,
    allowed: () => size + allowance,
    interrupted,
    forgotten: () => {
      allowance += size;
    },
    vary(by) {
      const what = by.pick(['cut all', 'cut some', 'busy', 'latency', 'rate']);
      if (what === 'cut all') {
        interrupted();
        server.dropConnections();
      }
      // Each answer that breaks off early may cost as much as an interruption.
      if (what === 'cut some') cut = by.pick([0, 0.3]);
      if (what === 'busy') busy = by.pick([0, 0.5]);
      if (what === 'latency') server.set({ latency: by.int(0, 300) });
      if (what === 'rate') server.set({ totalRate: by.int(Math.ceil(rate / 4), rate) });
    },
    calm() {
      cut = 0;
      busy = 0;
      server.set({ latency: 0, totalRate: rate * 4 });
    },
    open: () => server.connections.open,
    close: () => server.close(),
  };
}

/** A row of the fault table; its server is shared and closed elsewhere. */
export async function playRow(random: Random, server: FaultServer, name: string, seconds: number): Promise<Target> {
  const row = random.pick(rows);
  const size = random.int(2 * MIB, 6 * MIB);
  const run = await server.play(row, { name, size, rate: Math.ceil(size / seconds) });
  return {
    name,
    url: run.url,
    size,
    sha256: run.sha256,
    isHonest: false,
    manner: `${name}: row ${row} of the fault table, ${size} bytes`,
    sent: () => run.exchanges.reduce((sum, { sent }) => sum + sent, 0),
    allowed: () => Infinity,
    interrupted() {},
    forgotten() {},
    vary() {},
    calm() {},
    open: () => 0,
    close: () => Promise.resolve(),
  };
}
