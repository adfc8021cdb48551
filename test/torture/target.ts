/** What is downloaded under torture: how it is asked for, the truth about its file, and what its servers do. */
import type { DownloadRequest } from '../../shared/download.ts';
import type { FaultServer } from '../servers/fault-server.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { IN_FLIGHT, startOrigin, type Origin } from './origin.ts';
import { digestFields, PROOFS, requestedChecksum, serveMetalink, type Proof } from './proof.ts';
import type { Random } from '../servers/random.ts';

export interface Target {
  /** The name that the file has to get, but for “ (1)” and its like. */
  readonly name: string;
  /** How it is asked for; its link is the one that works now. */
  readonly request: DownloadRequest;
  readonly size: number;
  readonly sha256: string;
  /**
   * How it has to end: as the whole file; kept and flagged because its checksum does not match; either; or as it likes, where
   * a server plays a row of the fault table. What must never happen is asserted of all.
   */
  readonly ends: 'complete' | 'mismatch' | 'complete or mismatch' | 'somehow';
  /** In words, for the report of a failure. */
  readonly manner: string;
  readonly mirrors: { readonly all: number; readonly lying: number };
  readonly proof: Proof | 'row';
  /** A link to other bytes; null where its link never expires. */
  readonly impostor: string | null;
  /** Body bytes that its servers have sent. */
  sent(): number;
  /** Body bytes that they may send at most, from what was done so far. */
  allowed(): number;
  /** Whoever downloads is interrupted now. */
  interrupted(): void;
  /** What was known about the download may be lost: it may begin again. */
  forgotten(): void;
  /** Does something that servers and networks do. */
  vary(random: Random): void;
  /** Behaves from now on. */
  calm(): void;
  /** Where it has an impostor: the link ends to work, and a person has to paste another one. */
  expire(random: Random): void;
  close(): Promise<void>;
}

const MIB = 1 << 20;
/** Rows of the fault table that end with the file, whatever is interrupted on the way. */
const rows = [4, 9, 10, 12, 15, 20, 21, 25, 26, 28, 35, 36, 37, 41, 47, 50, 51] as const;

const MIRRORS = [
  ['good', 3],
  ['slow', 1],
  ['dead', 1],
  ['failing', 1],
  /** Other bytes, and as many. */
  ['lying', 2],
  ['of another size', 1],
] as const;

/** A file that an origin has, and perhaps mirrors, and that is proven or not. */
export async function startHonest(random: Random, name: string, seed: number, seconds: number): Promise<Target> {
  // Large ones are split among connections.
  const size = random.chance(0.5) ? random.int(20 * MIB, 48 * MIB) : random.int(1, 12 * MIB);
  const rate = Math.ceil(size / seconds);
  const proof = random.weighted(PROOFS);
  const sha256 = await generatedBytes(seed).sha256(size);
  const origin = await startOrigin(random, {
    name,
    size,
    seed,
    rate,
    ...(proof === 'digest' && { fields: digestFields(sha256) }),
    ...(proof === 'neighbour' && { checksums: `${sha256}  ${name}\n` }),
  });
  const mirrors = await startMirrors(random, proof, { name, size, seed, rate });
  const origins = [origin, ...mirrors.map((mirror) => mirror.origin)];
  const urls = origins.map(({ url }) => url);
  const document = proof === 'metalink' ? await serveMetalink(random, { name, size, seed, sha256, urls }) : null;
  // A person who pastes a link pastes it where there is no other way.
  const expires = mirrors.length === 0 && proof !== 'metalink' && random.chance(0.4);
  const other = { size: random.chance(0.7) ? size : size + random.int(1, MIB), seed: seed + 500 };
  const impostor = expires ? await startRangeServer({ ...other, ...(random.chance(0.5) && { etag: null }) }) : null;

  const lying = mirrors.filter(({ kind }) => kind === 'lying').length;
  const checksum = requestedChecksum(proof, sha256);
  // Hedged tails and leases that move come twice in part, more so with more servers.
  let allowance = (1 + mirrors.length) * IN_FLIGHT;
  // What mirrors lied about comes once more.
  if (lying > 0) allowance += size;
  const interrupted = () => {
    allowance += origins.reduce((sum, one) => sum + one.costOfInterruption(), 0);
  };
  return {
    name,
    get request() {
      return {
        url: document?.url ?? origin.url,
        name,
        ...(checksum !== undefined && { checksum }),
        ...(document === null && { mirrors: urls.slice(1) }),
      };
    },
    size,
    sha256,
    // A checksum of the whole does not tell which of the servers lied.
    ends: proof === 'wrong' ? 'mismatch' : lying > 0 && proof === 'given' ? 'complete or mismatch' : 'complete',
    manner: [
      `${name}: ${size} bytes, proven by ${proof}, ${origin.manner}`,
      ...mirrors.map(({ kind, origin: { manner } }) => `mirror (${kind}): ${manner}`),
      ...(impostor ? ['the link expires'] : []),
    ].join('; '),
    mirrors: { all: mirrors.length, lying },
    proof,
    impostor: impostor?.url ?? null,
    sent: () => origins.reduce((sum, one) => sum + one.sent(), 0),
    allowed: () => size + allowance,
    interrupted,
    forgotten: () => {
      allowance += size;
    },
    vary(by) {
      interrupted();
      by.pick(origins as [Origin, ...Origin[]]).vary(by);
    },
    calm() {
      for (const one of origins) one.calm();
    },
    expire(by) {
      interrupted();
      origin.expire(by);
    },
    async close() {
      await Promise.all(
        [...origins, ...(document ? [document] : []), ...(impostor ? [impostor] : [])].map((one) => one.close()),
      );
    },
  };
}

/** Mirrors, where something proves what they give. */
async function startMirrors(
  random: Random,
  proof: Proof,
  file: { readonly name: string; readonly size: number; readonly seed: number; readonly rate: number },
): Promise<{ kind: (typeof MIRRORS)[number][0]; origin: Origin }[]> {
  if ((proof !== 'given' && proof !== 'metalink') || random.chance(0.3)) return [];
  const mirrors = [];
  for (let n = random.int(1, 3); n > 0; n -= 1) {
    const kind = random.weighted(MIRRORS);
    const origin = await startOrigin(random, {
      ...file,
      ranges: true,
      failing: kind === 'failing',
      ...(kind === 'slow' && { rate: Math.ceil(file.rate / 20) }),
      ...(kind === 'lying' && { seed: file.seed + 1000 * n }),
      ...(kind === 'of another size' && { size: file.size + 1 }),
    });
    if (kind === 'dead') await origin.close();
    mirrors.push({ kind, origin });
  }
  return mirrors;
}

/** A row of the fault table; its server is shared and closed elsewhere. */
export async function playRow(random: Random, server: FaultServer, name: string, seconds: number): Promise<Target> {
  const row = random.pick(rows);
  const size = random.int(2 * MIB, 6 * MIB);
  const run = await server.play(row, { name, size, rate: Math.ceil(size / seconds) });
  return {
    name,
    request: { url: run.url, name },
    size,
    sha256: run.sha256,
    ends: 'somehow',
    manner: `${name}: row ${row} of the fault table, ${size} bytes`,
    mirrors: { all: 0, lying: 0 },
    proof: 'row',
    impostor: null,
    sent: () => run.exchanges.reduce((sum, { sent }) => sum + sent, 0),
    allowed: () => Infinity,
    interrupted() {},
    forgotten() {},
    vary() {},
    calm() {},
    expire() {},
    close: () => Promise.resolve(),
  };
}
