/**
 * `npm run bench -- download [--quick] [--rounds N] [--dir FOLDER] [--only NAMES] [--without CONTENDERS] [--built]`: Sluice beside curl and aria2c, from
 * nginx on loopback. Rounds are interleaved, every output is checked by SHA-256, results go to test/bench/results/.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { certificateFiles } from '../servers/certificate.ts';
import { canBypassCache } from '../servers/page-cache.ts';
import { seededRandom } from '../servers/random.ts';
import { aria2c, bareLoop, curl, diskAlone, sluiceCommand, sluiceRunning, type Contender } from './contenders.ts';
import { benchFolder, folderIn, makeFile, settleDisk, sha256Of } from './disk.ts';
import {
  COMMAND,
  idealSeconds,
  LINK_RATE,
  RUNNING,
  SLOW_RATE,
  SYNCED,
  targetsOf,
  unevenSeconds,
} from './download-targets.ts';
import { LIMIT_RATE, startNginx } from './nginx.ts';
import { ensurePrograms } from './programs.ts';
import { describeMachine, toMarkdown, type Report, type Series } from './report.ts';

const DISK = 'the disk alone';
const peers = [{ name: 'curl', one: true }, { name: 'aria2c' }, { name: DISK, one: true }];

interface Entry {
  readonly contender: string;
  readonly run: Contender;
  readonly connections: number;
  /** Leaves its output in the page cache: it is also told when that was on the disk. */
  readonly unsynced?: boolean;
}

interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  /** Bytes of the file at `url`. */
  readonly size: number;
  /** Contenders verify the checksum themselves. */
  readonly hashed?: boolean;
  readonly entries: readonly Entry[];
}

const entry = (contender: string, run: Contender, connections: number): Entry => ({ contender, run, connections });
const unsynced = (one: Entry): Entry => ({ ...one, unsynced: true });
/** Bytes of the file that Sluice has downloaded before it is measured. */
const SMALL = 1 << 20;
const sluice = (n: number) => [entry(RUNNING, sluiceRunning, n), entry(COMMAND, sluiceCommand, n)];
const withPeers = (n: number) => [entry('aria2c', aria2c, n), ...sluice(n)];

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      dir: { type: 'string' },
      only: { type: 'string' },
      without: { type: 'string' },
      built: { type: 'boolean', default: false },
    },
  });
  // Contenders by their names in the report, e.g. “Sluice (command),bare loop”, where time is short.
  const without = values.without?.split(',') ?? [];
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const size = values.quick ? 256 << 20 : 2 ** 31;
  const smallSize = values.quick ? 32_000_000 : 128_000_000;
  const linkSize = values.quick ? 32 << 20 : 256 << 20;
  const counts = values.quick ? [1, 4] : [1, 4, 16];

  const versions = ensurePrograms(['nginx', 'curl', 'aria2c']);
  if (!values.built) build();
  using certificate = await certificateFiles();
  await using stack = new AsyncDisposableStack();
  const { path: dir, isOnDisk } = benchFolder(values.dir, 2 * size + 2 ** 30);
  if (!isOnDisk) console.log(`${dir} is in memory: with --dir on a disk the figures would be what people see.`);
  const source = folderIn(stack, dir);
  const out = folderIn(stack, dir);
  const isDirect = await canBypassCache(dir);
  const sums = new Map<number, string>();
  for (const bytes of [SMALL, size, smallSize, linkSize]) sums.set(bytes, await makeFile(source, bytes));

  const nginx = stack.use(await startNginx(source, folderIn(stack, tmpdir()), certificate));
  const http = `http://127.0.0.1:${nginx.httpPort}`;
  const https = `https://127.0.0.1:${nginx.httpsPort}`;
  const link = async (...options: string[]) => `http://127.0.0.1:${await startLink(stack, nginx.httpPort, options)}`;
  const far = await link();
  const lossy = await link('--loss', '0.0005');
  const uneven = await link('--connectionRate', `${LINK_RATE}`, '--slowRate', `${SLOW_RATE}`, '--window', '400000');

  const all: readonly Scenario[] = [
    ...[http, https].map((origin) => ({
      name: origin === http ? 'http' : 'https',
      title: `${origin === http ? 'http' : 'https'}, ${size / 2 ** 20} MiB`,
      url: `${origin}/${size}`,
      size,
      entries: [
        unsynced(entry('curl', curl, 1)),
        ...(isDirect ? [entry(DISK, diskAlone(join(source, String(size))), 1)] : []),
        ...(origin === http ? [entry('bare loop', bareLoop, 1)] : []),
        ...counts.flatMap(withPeers),
      ],
    })),
    ...[http, https].map((origin) => ({
      name: origin === http ? 'http-hashed' : 'https-hashed',
      title: `${origin === http ? 'http' : 'https'} with SHA-256, ${size / 2 ** 20} MiB (curl does not hash)`,
      url: `${origin}/${size}`,
      size,
      hashed: true,
      entries: [unsynced(entry('curl', curl, 1)), ...withPeers(1)],
    })),
    {
      name: 'limit',
      title: `${LIMIT_RATE / 1e6} MB/s on each connection, ${smallSize / 1e6} MB (ideal ${idealSeconds(smallSize)} s)`,
      url: `${http}/limited/${smallSize}`,
      size: smallSize,
      entries: withPeers(8),
    },
    {
      name: 'link',
      title: `50 ms link (modelled), ${linkSize / 2 ** 20} MiB`,
      url: `${far}/${linkSize}`,
      size: linkSize,
      entries: withPeers(8),
    },
    {
      name: 'lossy-link',
      title: `50 ms link with 0.05 % loss (modelled), ${linkSize / 2 ** 20} MiB`,
      url: `${lossy}/${linkSize}`,
      size: linkSize,
      entries: withPeers(8),
    },
    {
      name: 'slow-one',
      title: `50 ms link (modelled), ${LINK_RATE / 1e6} MB/s a connection, one of eight ${SLOW_RATE / 1e6} MB/s, ${smallSize / 1e6} MB (ideal ${unevenSeconds(smallSize).toFixed(2)} s)`,
      url: `${uneven}/${smallSize}`,
      size: smallSize,
      entries: withPeers(8),
    },
  ];
  const titles = new Map(all.map(({ name, title }) => [name, title]));
  const only = values.only?.split(',');
  const scenarios = all.filter(({ name }) => only === undefined || only.includes(name));

  const date = new Date().toISOString();
  const measured = momentOf(date, revision());
  const isWhole = !values.quick && rounds >= 5;
  // Scenarios that are not measured now stay as they were, with their own date.
  const before = isWhole && only !== undefined ? earlier() : [];
  const fresh: Series[] = [];
  for (const scenario of scenarios) {
    const entries = scenario.entries.filter(({ contender }) => !without.includes(contender));
    const sum = sums.get(scenario.size) ?? '';
    fresh.push(...(await compare({ ...scenario, entries }, { rounds, measured }, out, certificate.cert, sum)));
  }
  const series = [...titles.values()].flatMap((title) => {
    const now = fresh.filter(({ scenario }) => scenario === title);
    return now.length > 0 ? now : before.filter(({ scenario }) => scenario === title);
  });
  const report: Report = {
    date,
    machine: describeMachine(),
    versions: { ...versions, node: process.versions.node, sluice: revision() },
    notes: [
      `${rounds} interleaved rounds, each in another order, so that nobody always comes after the same; figures are medians, ratios are medians of the ratios within a round. Lower is better.`,
      isOnDisk
        ? `Files come from the page cache and go to a disk (${dir}), which is synced before each contender: nobody pays for another's write-back.`
        : `No disk was found: files come from memory and go to memory (${dir}).`,
      `curl leaves its output in the page cache when it ends; Sluice has synced it by then: a file gets its final name when it is on the disk, and not before (nor does aria2c end before). The rows “${SYNCED.slice(2)}” are the same runs until their file is there as well (\`fdatasync\`): these are like with like. Beside the others the disk decides: where writing takes it as long as curl takes for all, nothing that waits for it can be faster. aria2c allocates as is fastest for it here (\`--file-allocation=none\`).`,
      `“${DISK}” writes the same bytes to it around the page cache: nobody whose file is on the disk at the end can be much faster.`,
      '“bare loop” is the least that goes the way of Sluice: one connection, reserved, around the page cache, on the disk at the end; no queue, no journal, no meter.',
      '“Sluice (running)” is the headless host that has downloaded 1 MiB before, from the request that adds the download to its recorded completion; “Sluice (command)” is `sluice get`, from start to exit.',
    ],
    series,
    targets: targetsOf(series, smallSize, titles),
  };
  save(report, isWhole);
}

/** Runs all contenders, round after round, and checks what each wrote. */
async function compare(
  { title, url, hashed, entries }: Scenario,
  { rounds, measured }: { readonly rounds: number; readonly measured: string },
  folder: string,
  authority: string,
  sha256: string,
): Promise<Series[]> {
  console.log(title);
  const seriesOf = (contender: string, connections: number): Series => ({
    scenario: title,
    contender,
    connections,
    rounds: [],
    measured,
  });
  const series = entries.map(({ contender, connections }) => seriesOf(contender, connections));
  const synced = entries.map((one) => (one.unsynced ? seriesOf(one.contender + SYNCED, one.connections) : null));
  const random = seededRandom(1);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, { contender, run, connections }] of random.shuffled([...entries.entries()])) {
      const out = join(folder, 'out.bin');
      settleDisk();
      const small = new URL(String(SMALL), url).href;
      const measure = await run({ url, small, connections, out, authority, checksum: hashed ? sha256 : null });
      const ended = performance.now();
      sync(out);
      synced[index]?.rounds.push({ ...measure, seconds: measure.seconds + (performance.now() - ended) / 1000 });
      const actual = await sha256Of(out);
      rmSync(out, { force: true });
      if (actual !== sha256)
        throw new Error(`${contender} with ${connections} connections wrote another file: ${actual}`);
      series[index]?.rounds.push(measure);
      console.log(`  ${round}/${rounds}  ${contender} ×${connections}: ${measure.seconds.toFixed(2)} s`);
    }
  }
  return series.flatMap((one, index) => [one, synced[index] ?? []].flat());
}

/** Waits until a file is on the disk. */
function sync(file: string): void {
  const fd = openSync(file, 'r+');
  fdatasyncSync(fd);
  closeSync(fd);
}

/** The link runs as a process of its own, so that it takes nothing from the bench's loop. */
async function startLink(stack: AsyncDisposableStack, to: number, options: readonly string[]): Promise<number> {
  const script = join(import.meta.dirname, '../servers/delay-proxy.ts');
  const child = spawn(process.execPath, [script, '--to', String(to), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stack.defer(() => void child.kill());
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  return Number(port);
}

/** The product as it is now. */
function build(): void {
  const root = join(import.meta.dirname, '../..');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--app', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The build failed.');
}

function revision(): string {
  const { stdout } = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return stdout.trim() || 'unknown';
}

const results = join(import.meta.dirname, 'results');

/** What the committed result has. */
function earlier(): readonly Series[] {
  const { series, date, versions } = JSON.parse(readFileSync(join(results, 'download.json'), 'utf8')) as Report;
  return series.map((one) => ({ measured: momentOf(date, versions['sluice'] ?? 'unknown'), ...one }));
}

const momentOf = (date: string, revised: string) => `${date.slice(0, 16)}Z, Sluice ${revised}`;

/** A run with all its rounds becomes the committed result; any other is only shown, and kept beside it as `quick`. */
function save(report: Report, isWhole: boolean): void {
  mkdirSync(results, { recursive: true });
  const markdown = toMarkdown('Download bench', report, peers);
  const base = join(results, isWhole ? 'download' : 'download-quick');
  writeFileSync(`${base}.md`, markdown);
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`\n${markdown}\n${base}.md`);
}
