/**
 * One round of torture: a few downloads, an engine that is killed again and again, and everything else that may happen
 * to it, chosen by a seed. Throws `Violation` when something came out that must never come out.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DownloadJob, Job } from '../../shared/job.ts';
import { startFaultServer } from '../servers/fault-server.ts';
import { asDownload } from '../tools/as-download.ts';
import { checkFinalNames, checkJobs, losePower, partFiles, targetOf } from './disk-content.ts';
import { EngineDied, startEngine, type EngineHandle } from './engine-handle.ts';
import { nextDeed, type Deed } from './person.ts';
import { seededRandom, type Random } from './random.ts';
import { injectDisk, mountSmallDisk, type Disk } from './small-disk.ts';
import { playRow, startHonest, type Target } from './target.ts';
import { tearStore } from './torn-store.ts';
import { Violation } from './violation.ts';

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

/** What was done, how often. */
const nothingYet = () => ({
  kills: 0,
  /** Of the kills: those after which what was not journalled was lost. */
  powerCuts: 0,
  tornStores: 0,
  /** Stores that could not be read, and were set aside. */
  setAside: 0,
  /** By mounting and filling one. */
  mountedFull: 0,
  /** By a file system that was injected. */
  injectedFull: 0,
  clockJumps: 0,
  pauses: 0,
  limits: 0,
  linksExpired: 0,
  rightLinks: 0,
  wrongLinks: 0,
  moves: 0,
  /** Of the moves: those in which the engine was killed. */
  killedMoves: 0,
  peakRss: 0,
});
export type Counts = ReturnType<typeof nothingYet>;

export interface RoundResult extends Counts {
  readonly seed: number;
  readonly targets: readonly Pick<Target, 'ends' | 'proof' | 'mirrors'>[];
  /** Bytes of the files that had to come whole, and bytes that their servers sent. */
  readonly needed: number;
  readonly sent: number;
  readonly seconds: number;
}

const HOUR = 3_600_000;
const MOST_RSS = 250e6;
const SETTLE_MS = 90_000;
const DISK = 384 << 20;

export async function tortureRound(options: RoundOptions): Promise<RoundResult> {
  await using round = await Round.begin(options);
  await round.torment();
  await round.finish();
  return round.result;
}

interface Places {
  readonly home: string;
  /** Where files go, and where they may be moved. */
  readonly folders: readonly [string, string];
  readonly disk: Disk | null;
}

/** Where the round's files lie: on the machine's disk, or on one that can be filled, the store perhaps too. */
function choosePlaces(random: Random, root: string, stack: AsyncDisposableStack): Places {
  const onDisk = random.weighted([
    ['nothing', 4],
    ['files', 1],
    ['all', 1],
    ['files, injected', 3],
  ]);
  const path = join(root, 'disk');
  let disk: Disk | null = null;
  if (onDisk !== 'nothing') {
    const mounted = onDisk === 'files, injected' ? null : mountSmallDisk(path, DISK);
    if (mounted) stack.use(mounted);
    disk = mounted ?? injectDisk(path);
  }
  const isAll = onDisk === 'all' && disk?.env === undefined;
  const folders = [join(disk ? path : root, 'files'), join(root, 'elsewhere')] as const;
  for (const folder of folders) mkdirSync(folder);
  return { home: join(isAll ? path : root, 'home'), folders, disk };
}

class Round implements AsyncDisposable {
  readonly #options: RoundOptions;
  readonly #random: Random;
  readonly #targets: readonly [Target, ...Target[]];
  readonly #places: Places;
  readonly #close: AsyncDisposableStack;
  readonly #began = performance.now();
  #engine: EngineHandle;
  #isFull = false;
  #wasTorn = false;
  /** How often the right link was pasted since the last one expired. */
  readonly #pasted = new Map<Target, number>();
  readonly #counts = nothingYet();

  private constructor(
    options: RoundOptions,
    random: Random,
    places: Places,
    targets: readonly [Target, ...Target[]],
    engine: EngineHandle,
    close: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.#random = random;
    this.#places = places;
    this.#targets = targets;
    this.#engine = engine;
    this.#close = close;
  }

  static async begin(options: RoundOptions): Promise<Round> {
    const { log, seconds, seed } = options;
    const random = seededRandom(seed);
    await using stack = new AsyncDisposableStack();
    const root = stack.adopt(mkdtempSync(join(tmpdir(), 'sluice-torture-')), (path) =>
      rmSync(path, { recursive: true, force: true }),
    );
    const places = choosePlaces(random, root, stack);
    const targets: [Target, ...Target[]] = [await startHonest(random, 'file-0.bin', seed, seconds)];
    for (let n = random.int(1, 3) - 1; n > 0; n -= 1) {
      targets.push(await startHonest(random, `file-${n}.bin`, seed + n, seconds));
    }
    if (random.chance(0.5)) {
      const server = stack.use(await startFaultServer());
      targets.push(await playRow(random, server, 'row.bin', seconds));
    }
    for (const target of targets) {
      stack.defer(() => target.close());
      log(target.manner);
    }
    if (places.disk) log(places.disk.env ? 'a disk that is injected' : 'a disk that is mounted');
    const { home, folders, disk } = places;
    const engine = await startEngine({ home, folder: folders[0], hold: false, clockOffset: 0, disk });
    const round = new Round(options, random, places, targets, engine, stack.move());
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
        ['link', 1],
        ['person', 3],
        ['clock', 0.5],
        ['disk', this.#places.disk ? 3 : 0],
      ] as const);
      await this.#act(act, jobs);
    }
  }

  async #act(act: string, jobs: readonly DownloadJob[]): Promise<void> {
    const random = this.#random;
    const job = jobs[random.int(0, jobs.length - 1)];
    switch (act) {
      case 'kill':
        return this.#kill();
      case 'pause':
        this.#interrupt();
        this.#counts.pauses += 1;
        return this.#engine.call('pause', several(random.chance(0.5) && job ? [job] : jobs));
      case 'resume':
        return this.#engine.call('resume', several(random.chance(0.5) && job ? [job] : jobs));
      case 'limit':
        this.#counts.limits += 1;
        if (random.chance(0.3)) await this.#limitAll(random.pick([null, 300_000, 3_000_000]));
        else if (job) await this.#engine.call('setLimit', job.id, random.pick([null, 50_000, 1_000_000]));
        return;
      case 'connections':
        if (job) await this.#engine.call('setConnections', job.id, random.pick([null, 1, 4, 16]));
        return;
      case 'server':
        random.pick(this.#targets).vary(random);
        return;
      case 'link':
        if (job) this.#expireLink(targetOf(this.#targets, job.name), job);
        return;
      case 'person':
        if (job && job.state.kind !== 'paused') await this.#help(job, false);
        return;
      case 'clock':
        this.#counts.clockJumps += 1;
        return this.#engine.jumpClock(random.int(-48, 48) * HOUR);
      case 'disk':
        this.#fillOrEmpty();
    }
  }

  #interrupt(): void {
    for (const target of this.#targets) target.interrupted();
  }

  #limitAll(limit: number | null): Promise<unknown> {
    return this.#unlessFull(this.#engine.call('setSettings', { limit }));
  }

  /** A store on the full disk cannot keep what was asked, and says so. */
  async #unlessFull(asked: Promise<unknown>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (!(this.#isFull && error instanceof Error && isFullness(error))) throw error;
      this.#options.log(error.message);
    }
  }

  /** What has not begun would take whatever a wrong link leads to for the file. */
  #expireLink(target: Target, { ranges }: DownloadJob): void {
    if (target.impostor === null || ranges.length === 0) return;
    target.expire(this.#random);
    this.#pasted.delete(target);
    this.#counts.linksExpired += 1;
    this.#options.log(`the link of ${target.name} expires`);
  }

  #fillOrEmpty(): void {
    const { disk } = this.#places;
    this.#interrupt();
    if (this.#isFull) disk?.empty();
    else {
      disk?.fill(this.#random.pick([0, 0, 300_000]));
      this.#counts[disk?.env ? 'injectedFull' : 'mountedFull'] += 1;
    }
    this.#isFull = !this.#isFull;
    this.#options.log(this.#isFull ? 'the disk is full' : 'the disk has room again');
  }

  /** Does what a person would do about a job that has stopped. True where there is nothing to do, and nothing to wait for. */
  async #help(job: DownloadJob, isHasty: boolean): Promise<boolean> {
    const { state, id, name } = job;
    const target = targetOf(this.#targets, name);
    const circumstances = { folders: this.#places.folders, pasted: this.#pasted.get(target) ?? 0, isHasty };
    let deed;
    try {
      deed = nextDeed(job, target, this.#random, circumstances);
    } catch (error) {
      if (error instanceof RangeError) throw new Violation(error.message);
      throw error;
    }
    if (!deed) return ['completed', 'attention', 'failed'].includes(state.kind);
    switch (deed.kind) {
      case 'remove':
        target.forgotten();
        this.#options.log(`${name} is given up, and begun anew`);
        await this.#engine.call('remove', [id], true);
        await this.#addMissing();
        break;
      case 'decide':
        await this.#decide(job, target, deed, isHasty);
        break;
      default:
        await this.#engine.call(deed.kind, several([job]));
    }
    return false;
  }

  async #decide(
    { id, name }: Job,
    target: Target,
    { choice, details }: Extract<Deed, { kind: 'decide' }>,
    isHasty: boolean,
  ): Promise<void> {
    this.#options.log(`${name}: ${choice} ${details.url ?? details.folder ?? ''}`);
    this.#interrupt();
    const decided = this.#engine.call('decide', id, choice, details);
    if (choice === 'new-link') {
      const isRight = details.url !== target.impostor;
      this.#counts[isRight ? 'rightLinks' : 'wrongLinks'] += 1;
      if (isRight) this.#pasted.set(target, (this.#pasted.get(target) ?? 0) + 1);
    } else {
      this.#counts.moves += 1;
      if (!isHasty && this.#random.chance(0.3)) {
        decided.catch(() => {});
        await sleep(this.#random.int(0, 30));
        this.#counts.killedMoves += 1;
        return this.#kill();
      }
    }
    await this.#unlessFull(decided);
  }

  async #kill(): Promise<void> {
    const { home, folders } = this.#places;
    this.#counts.peakRss = Math.max(this.#counts.peakRss, this.#engine.peakRss() ?? 0);
    this.#interrupt();
    await this.#engine.kill();
    this.#counts.kills += 1;
    checkFinalNames(folders, this.#targets);
    const what = this.#random.weighted([
      ['nothing', 5],
      ['torn store', 3],
      ['power cut', 2],
    ]);
    const torn = what === 'torn store' ? tearStore(home, this.#random) : null;
    const clockOffset = this.#random.chance(0.25) ? this.#random.int(-72, 72) * HOUR : 0;
    if (clockOffset !== 0) this.#counts.clockJumps += 1;
    const also = [torn, what === 'power cut' && what, clockOffset && `clock ${clockOffset / HOUR} h`];
    this.#options.log([`kill ${this.#counts.kills}`, ...also].filter(Boolean).join(', '));
    if (torn === null && what !== 'power cut') {
      this.#engine = await this.#start(clockOffset, false);
      return;
    }
    const before = partFiles(folders);
    this.#engine = await this.#start(clockOffset, true);
    if (this.#engine.notices.includes('store-corrupt')) this.#counts.setAside += 1;
    const after = partFiles(folders);
    for (const [path, sum] of before) {
      if (after.get(path) !== sum) throw new Violation(`${path} was changed before anything ran (${torn ?? what})`);
    }
    if (torn === null) {
      this.#counts.powerCuts += 1;
      losePower(await this.#jobs());
    } else {
      this.#wasTorn = true;
      this.#counts.tornStores += 1;
      for (const target of this.#targets) target.forgotten();
    }
    const jobs = await this.#jobs();
    await this.#engine.call('resume', several(jobs.filter(({ state }) => state.kind === 'queued')));
    await this.#addMissing();
  }

  async #start(clockOffset: number, hold: boolean): Promise<EngineHandle> {
    const { home, folders, disk } = this.#places;
    const start = { home, folder: folders[0], hold, clockOffset, disk };
    try {
      return await startEngine(start);
    } catch (error) {
      // A home on a full disk cannot be opened: the person makes room.
      if (!(this.#isFull && error instanceof EngineDied && isFullness(error))) throw error;
      this.#fillOrEmpty();
      return startEngine(start);
    }
  }

  /** Adds what the engine does not know (any more). */
  async #addMissing(): Promise<void> {
    const known = new Set((await this.#jobs()).map(({ name }) => targetOf(this.#targets, name)));
    const missing = this.#targets.filter((target) => !known.has(target));
    if (missing.length === 0) return;
    const requests = missing.map(({ request }) => ({ ...request, connections: this.#random.pick([null, 4, 8]) }));
    const results = await this.#engine.call('add', requests);
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
    await this.#limitAll(null);
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
    const jobs = await this.#jobs();
    const { folders } = this.#places;
    checkJobs(jobs, folders, this.#targets, {
      wasTorn: this.#wasTorn,
      wasKilledMoving: this.#counts.killedMoves > 0,
    });
    this.#counts.peakRss = Math.max(this.#counts.peakRss, this.#engine.peakRss() ?? 0);
    const leaks = await this.#engine.close();
    if (Object.keys(leaks).length > 0) throw new Violation(`the closed engine still holds ${JSON.stringify(leaks)}`);
    checkFinalNames(folders, this.#targets);
    this.#checkFigures();
  }

  /** True when every job has ended; helps those that wait for a person or for their time. */
  async #settled(): Promise<boolean> {
    let isSettled = true;
    for (const job of await this.#jobs()) {
      if (!(await this.#help(job, true))) isSettled = false;
    }
    return isSettled;
  }

  #checkFigures(): void {
    for (const target of this.#targets) {
      const [sent, allowed] = [target.sent(), target.allowed()];
      if (sent > allowed) throw new Violation(`${target.manner}: ${sent} bytes were sent, at most ${allowed} were due`);
    }
    if (this.#counts.peakRss > MOST_RSS) throw new Violation(`the engine took ${this.#counts.peakRss / 1e6} MB`);
  }

  get result(): RoundResult {
    const whole = this.#targets.filter(({ ends }) => ends === 'complete');
    return {
      seed: this.#options.seed,
      targets: this.#targets,
      ...this.#counts,
      needed: whole.reduce((sum, { size }) => sum + size, 0),
      sent: whole.reduce((sum, target) => sum + target.sent(), 0),
      seconds: (performance.now() - this.#began) / 1000,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.kill();
    await this.#close.disposeAsync();
  }
}

const isFullness = ({ message }: Error) => /is full|disk-full|more bytes are needed/.test(message);

/** Their ids, in the plural: where there are several, the engine leaves out those that cannot do what is asked. */
function several(jobs: readonly Job[]): string[] {
  return ['', '', ...jobs.map(({ id }) => id)];
}
