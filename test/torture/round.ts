/**
 * One round of torture: a few downloads, an engine that is killed again and again, and everything else that may happen
 * to it, chosen by a seed. Throws `Violation` when something came out that must never come out.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DownloadJob, Job } from '../../shared/job.ts';
import { asDownload } from '../tools/as-download.ts';
import { startFaultServer } from '../servers/fault-server.ts';
import { EngineDied, startEngine, type EngineHandle } from './engine-handle.ts';
import { seededRandom, type Random } from './random.ts';
import { FILLER, mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { playRow, startHonest, type Target } from './target.ts';
import { tearStore } from './torn-store.ts';

export interface RoundOptions {
  readonly seed: number;
  /** Kills at most; fewer where all is downloaded before. */
  readonly kills: number;
  /** Seconds that a download would take undisturbed. */
  readonly seconds: number;
  /** Longest time in ms between two acts. */
  readonly pause: number;
  /** Called with what is done, in words. */
  readonly log: (line: string) => void;
}

export interface RoundResult {
  readonly seed: number;
  readonly downloads: number;
  readonly kills: number;
  /** Of the kills: those after which what was not journalled was lost. */
  readonly powerCuts: number;
  readonly tornStores: number;
  /** Stores that could not be read, and were set aside. */
  readonly setAside: number;
  readonly fullDisks: number;
  readonly clockJumps: number;
  /** Bytes of the files from honest servers, and bytes that those sent. */
  readonly needed: number;
  readonly sent: number;
  readonly peakRss: number;
  readonly seconds: number;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

const HOUR = 3_600_000;
const MOST_RSS = 250e6;
/** Ranges of a job that are told; of more, the smallest gaps are closed (shared/job.ts). */
const SHOWN_RANGES = 64;
const SETTLE_MS = 90_000;
const DISK = 384 << 20;

export async function tortureRound(options: RoundOptions): Promise<RoundResult> {
  await using round = await Round.begin(options);
  await round.torment();
  await round.finish();
  return round.result;
}

/** True where this machine lets the rounds fill a disk. */
export function canFillDisks(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'sluice-mount-'));
  using disk = mountSmallDisk(path, 1 << 20);
  disk?.unmount();
  rmSync(path, { recursive: true });
  return disk !== null;
}

class Round implements AsyncDisposable {
  readonly #options: RoundOptions;
  readonly #random: Random;
  readonly #targets: readonly Target[];
  readonly #home: string;
  readonly #folder: string;
  readonly #disk: SmallDisk | null;
  readonly #close: AsyncDisposableStack;
  readonly #began = performance.now();
  #engine: EngineHandle;
  #isFull = false;
  #wasTorn = false;
  readonly #counts = { kills: 0, powerCuts: 0, tornStores: 0, setAside: 0, fullDisks: 0, clockJumps: 0, peakRss: 0 };

  private constructor(
    options: RoundOptions,
    random: Random,
    places: { home: string; folder: string; disk: SmallDisk | null },
    targets: readonly Target[],
    engine: EngineHandle,
    close: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.#random = random;
    this.#home = places.home;
    this.#folder = places.folder;
    this.#disk = places.disk;
    this.#targets = targets;
    this.#engine = engine;
    this.#close = close;
  }

  static async begin(options: RoundOptions): Promise<Round> {
    const random = seededRandom(options.seed);
    await using stack = new AsyncDisposableStack();
    const root = stack.adopt(mkdtempSync(join(tmpdir(), 'sluice-torture-')), (path) =>
      rmSync(path, { recursive: true, force: true }),
    );
    const onDisk = random.weighted([
      ['nothing', 6],
      ['files', 1],
      ['all', 1],
    ]);
    const disk = onDisk === 'nothing' ? null : mountSmallDisk(join(root, 'disk'), DISK);
    if (disk) stack.use(disk);
    const folder = join(disk ? disk.path : root, 'files');
    const home = join(disk && onDisk === 'all' ? disk.path : root, 'home');
    mkdirSync(folder);

    const targets: Target[] = [];
    const number = random.int(1, 3);
    for (let n = 0; n < number; n += 1) {
      targets.push(await startHonest(random, `file-${n}.bin`, options.seed + n, options.seconds));
    }
    if (random.chance(0.5)) {
      const server = stack.use(await startFaultServer());
      targets.push(await playRow(random, server, 'row.bin', options.seconds));
    }
    for (const target of targets) {
      stack.defer(() => target.close());
      options.log(target.manner);
    }
    const engine = await startEngine({ home, folder, hold: false, clockOffset: 0 });
    const round = new Round(options, random, { home, folder, disk }, targets, engine, stack.move());
    await round.#addMissing();
    return round;
  }

  /** Does its worst until the kills are used up, or all is downloaded. */
  async torment(): Promise<void> {
    while (this.#counts.kills < this.#options.kills) {
      await sleep(this.#random.int(1, this.#options.pause));
      const jobs = await this.#jobs();
      if (jobs.length > 0 && jobs.every(({ state }) => state.kind === 'completed')) return;
      const act = this.#random.weighted([
        ['kill', 5],
        ['pause', 1],
        ['resume', 2],
        ['limit', 1],
        ['connections', 1],
        ['server', 2],
        ['clock', 0.5],
        ['disk', this.#disk ? 3 : 0],
      ] as const);
      await this.#act(act, jobs);
    }
  }

  async #act(act: string, jobs: readonly Job[]): Promise<void> {
    const random = this.#random;
    const job = jobs[random.int(0, jobs.length - 1)];
    switch (act) {
      case 'kill':
        return this.#kill();
      case 'pause':
        for (const target of this.#targets) target.interrupted();
        return this.#engine.call('pause', several(jobs));
      case 'resume':
        return this.#engine.call('resume', several(jobs));
      case 'limit':
        if (job) await this.#engine.call('setLimit', job.id, random.pick([null, 50_000, 1_000_000]));
        return;
      case 'connections':
        if (job) await this.#engine.call('setConnections', job.id, random.pick([null, 1, 4, 16]));
        return;
      case 'server':
        random.pick(this.#targets as [Target, ...Target[]]).vary(random);
        return;
      case 'clock':
        this.#counts.clockJumps += 1;
        return this.#engine.jumpClock(random.int(-48, 48) * HOUR);
      case 'disk':
        this.#fillOrEmpty();
    }
  }

  #fillOrEmpty(): void {
    for (const target of this.#targets) target.interrupted();
    if (this.#isFull) this.#disk?.empty();
    else {
      this.#disk?.fill(this.#random.pick([0, 0, 300_000]));
      this.#counts.fullDisks += 1;
    }
    this.#isFull = !this.#isFull;
    this.#options.log(this.#isFull ? 'the disk is full' : 'the disk has room again');
  }

  async #kill(): Promise<void> {
    const { log } = this.#options;
    this.#counts.peakRss = Math.max(this.#counts.peakRss, this.#engine.peakRss() ?? 0);
    for (const target of this.#targets) target.interrupted();
    await this.#engine.kill();
    this.#counts.kills += 1;
    this.#checkFinalNames();
    const what = this.#random.weighted([
      ['nothing', 5],
      ['torn store', 3],
      ['power cut', 2],
    ]);
    const torn = what === 'torn store' ? tearStore(this.#home, this.#random) : null;
    const clockOffset = this.#random.chance(0.25) ? this.#random.int(-72, 72) * HOUR : 0;
    if (clockOffset !== 0) this.#counts.clockJumps += 1;
    const also = [torn, what === 'power cut' && what, clockOffset && `clock ${clockOffset / HOUR} h`];
    log([`kill ${this.#counts.kills}`, ...also].filter(Boolean).join(', '));
    if (torn === null && what !== 'power cut') {
      this.#engine = await this.#start(clockOffset, false);
      return;
    }
    const before = this.#partFiles();
    this.#engine = await this.#start(clockOffset, true);
    if (this.#engine.notices.includes('store-corrupt')) this.#counts.setAside += 1;
    const after = this.#partFiles();
    for (const [name, sum] of before) {
      if (after.get(name) !== sum) throw new Violation(`${name} was changed before anything ran (${torn ?? what})`);
    }
    if (torn === null) await this.#losePower();
    else {
      this.#wasTorn = true;
      this.#counts.tornStores += 1;
      for (const target of this.#targets) target.forgotten();
    }
    const jobs = await this.#jobs();
    await this.#engine.call('resume', several(jobs.filter(({ state }) => state.kind === 'queued')));
    await this.#addMissing();
  }

  /** What the journal does not have is lost, as it may be when the power goes: garbage takes its place. */
  async #losePower(): Promise<void> {
    this.#counts.powerCuts += 1;
    for (const { name, state, ranges } of await this.#jobs()) {
      const path = join(this.#folder, `${name}.sluice`);
      // More ranges than are shown would hide gaps.
      if (state.kind === 'completed' || ranges.length >= SHOWN_RANGES || !existsSync(path)) continue;
      const fd = openSync(path, 'r+');
      const { size } = fstatSync(fd);
      let at = 0;
      for (const [start, end] of [...ranges, [size, size] as const]) {
        if (start > at) writeSync(fd, Buffer.alloc(start - at, 0xee), 0, start - at, at);
        at = end;
      }
      closeSync(fd);
    }
  }

  async #start(clockOffset: number, hold: boolean): Promise<EngineHandle> {
    const start = { home: this.#home, folder: this.#folder, hold, clockOffset };
    try {
      return await startEngine(start);
    } catch (error) {
      // A home on a full disk cannot be opened: the person makes room.
      if (!(this.#isFull && error instanceof EngineDied && /disk-full|and more bytes are needed/.test(error.message)))
        throw error;
      this.#fillOrEmpty();
      return startEngine(start);
    }
  }

  /** Adds what the engine does not know (any more). */
  async #addMissing(): Promise<void> {
    const known = new Set((await this.#jobs()).map(({ url }) => url));
    const missing = this.#targets.filter(({ url }) => !known.has(url));
    if (missing.length === 0) return;
    const results = await this.#engine.call(
      'add',
      missing.map(({ url }) => ({ url, connections: this.#random.pick([null, 4, 8]) })),
    );
    const refused = results.find((result) => !result.ok);
    if (refused) throw new Violation(`a download was refused: ${JSON.stringify(refused)}`);
  }

  async #jobs(): Promise<DownloadJob[]> {
    return (await this.#engine.call('list')).map(asDownload);
  }

  /** Lets everything end: servers behave, the disk has room, nothing is paused or limited. */
  async finish(): Promise<void> {
    for (const target of this.#targets) target.calm();
    if (this.#isFull) this.#fillOrEmpty();
    await this.#addMissing();
    for (const { id, state } of await this.#jobs()) {
      if (state.kind === 'completed') continue;
      await this.#engine.call('setLimit', id, null);
      await this.#engine.call('setConnections', id, null);
    }
    const deadline = performance.now() + SETTLE_MS;
    while (!(await this.#settled())) {
      if (performance.now() > deadline) {
        throw new Violation(`still not done after ${SETTLE_MS / 1000} s: ${JSON.stringify(await this.#jobs())}`);
      }
      await sleep(200);
    }
    await this.#checkJobs();
    this.#counts.peakRss = Math.max(this.#counts.peakRss, this.#engine.peakRss() ?? 0);
    const leaks = await this.#engine.close();
    if (Object.keys(leaks).length > 0) throw new Violation(`the closed engine still holds ${JSON.stringify(leaks)}`);
    this.#checkFinalNames();
    this.#checkFigures();
  }

  /** True when every job has ended; helps those that wait for a person or for their time. */
  async #settled(): Promise<boolean> {
    let isSettled = true;
    for (const job of await this.#jobs()) {
      const { state, url } = job;
      const target = this.#targets.find((one) => one.url === url);
      switch (state.kind) {
        case 'completed':
          break;
        case 'paused':
          isSettled = false;
          await this.#engine.call('resume', several([job]));
          break;
        case 'failed':
        case 'attention':
          if (!target?.isHonest) break;
          isSettled = false;
          // What an honest server cannot have caused is not to be retried away.
          if (
            !['disk-full', 'disk-error', 'too-busy', 'connection-lost', 'size-mismatch'].includes(state.failure.code)
          ) {
            throw new Violation(`${target.manner} ended as ${JSON.stringify(state)}`);
          }
          await this.#engine.call('retry', several([job]));
          break;
        default:
          isSettled = false;
      }
    }
    return isSettled;
  }

  /** What the jobs say is what the folder has. */
  async #checkJobs(): Promise<void> {
    const jobs = await this.#jobs();
    const names = readdirSync(this.#folder).filter((name) => name !== FILLER);
    for (const target of this.#targets) {
      const job = jobs.find(({ url }) => url === target.url);
      if (!job) throw new Violation(`${target.name} is not on the list any more`);
      if (job.state.kind === 'completed' && !names.includes(job.name)) throw new Violation(`${job.name} is not there`);
      if (job.state.kind !== 'completed' && names.includes(target.name) && !this.#wasTorn) {
        throw new Violation(`${target.name} has its final name and is ${job.state.kind}`);
      }
    }
    const completed = new Set(jobs.flatMap(({ state, name }) => (state.kind === 'completed' ? [name] : [])));
    const left = names.filter((name) => !completed.has(name));
    // A store that lost a job cannot know of the job's files.
    const unknown = left.filter((name) => !jobs.some((job) => name === `${job.name}.sluice`));
    if (unknown.length > 0 && !this.#wasTorn) throw new Violation(`nobody knows of ${unknown.join(', ')}`);
  }

  /** Whatever has a final name is the whole file, at any moment. */
  #checkFinalNames(): void {
    for (const name of readdirSync(this.#folder)) {
      if (name === FILLER || name.endsWith('.sluice')) continue;
      const target = this.#targets.find((one) => one.name === name.replace(/ \(\d+\)(?=\.bin$)/, ''));
      if (!target) throw new Violation(`${name} is nobody's file`);
      const sum = sha256Of(join(this.#folder, name));
      if (sum !== target.sha256)
        throw new Violation(`${name} has its final name and is not the file (${target.manner})`);
    }
  }

  #partFiles(): Map<string, string> {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.sluice'));
    return new Map(names.map((name) => [name, sha256Of(join(this.#folder, name))]));
  }

  #checkFigures(): void {
    for (const target of this.#targets) {
      if (target.sent() > target.allowed()) {
        throw new Violation(`${target.manner}: ${target.sent()} bytes were sent, at most ${target.allowed()} were due`);
      }
    }
    if (this.#counts.peakRss > MOST_RSS) throw new Violation(`the engine took ${this.#counts.peakRss / 1e6} MB`);
  }

  get result(): RoundResult {
    const honest = this.#targets.filter(({ isHonest }) => isHonest);
    return {
      seed: this.#options.seed,
      downloads: this.#targets.length,
      ...this.#counts,
      needed: honest.reduce((sum, { size }) => sum + size, 0),
      sent: honest.reduce((sum, target) => sum + target.sent(), 0),
      seconds: (performance.now() - this.#began) / 1000,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.kill();
    await this.#close.disposeAsync();
  }
}

/** Their ids, in the plural: where there are several, the engine leaves out those that cannot do what is asked. */
function several(jobs: readonly Job[]): string[] {
  return ['', '', ...jobs.map(({ id }) => id)];
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
