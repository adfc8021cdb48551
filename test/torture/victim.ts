/** The engine under torture: started, killed and started again, over what kills, power cuts and full disks leave behind. */
import type { DownloadJob, Job } from '../../shared/job.ts';
import { asDownload } from '../tools/as-download.ts';
import { nothingYet } from './counts.ts';
import { checkFinalNames, losePower, partFiles, targetOf } from './disk-content.ts';
import { EngineDied, startEngine, type EngineHandle } from './engine-handle.ts';
import type { Places } from './places.ts';
import type { Random } from '../servers/random.ts';
import type { Target } from './target.ts';
import { tearStore } from './torn-store.ts';
import { Violation } from './violation.ts';

const HOUR = 3_600_000;

export interface VictimOptions {
  readonly random: Random;
  readonly places: Places;
  readonly targets: readonly [Target, ...Target[]];
  readonly log: (line: string) => void;
}

export class Victim implements AsyncDisposable {
  readonly places: Places;
  readonly targets: readonly [Target, ...Target[]];
  readonly counts = nothingYet();
  engine: EngineHandle;
  /** The store lost its end once. */
  wasTorn = false;
  readonly #random: Random;
  readonly #log: (line: string) => void;
  #isFull = false;

  private constructor({ random, places, targets, log }: VictimOptions, engine: EngineHandle) {
    this.#random = random;
    this.places = places;
    this.targets = targets;
    this.#log = log;
    this.engine = engine;
  }

  /** Starts an engine and adds all targets. */
  static async begin(options: VictimOptions): Promise<Victim> {
    const { home, folders, disk } = options.places;
    const engine = await startEngine({ home, folder: folders[0], hold: false, clockOffset: 0, disk });
    const victim = new Victim(options, engine);
    try {
      await victim.addMissing();
    } catch (error) {
      await engine.kill();
      throw error;
    }
    return victim;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Puts the clock forward or back. */
  jumpClock(): Promise<void> {
    this.counts.clockJumps += 1;
    return this.engine.jumpClock(this.#random.int(-48, 48) * HOUR);
  }

  /** Takes note of the memory that the engine took. */
  weigh(): void {
    this.counts.peakRss = Math.max(this.counts.peakRss, this.engine.peakRss() ?? 0);
  }

  interrupt(): void {
    for (const target of this.targets) target.interrupted();
  }

  /** A store on the full disk cannot keep what was asked, and says so. */
  async unlessFull(asked: Promise<unknown>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (!(this.#isFull && error instanceof Error && isFullness(error))) throw error;
      this.#log(error.message);
    }
  }

  fillOrEmpty(): void {
    const { disk } = this.places;
    this.interrupt();
    if (this.#isFull) disk?.empty();
    else {
      disk?.fill(this.#random.pick([0, 0, 300_000]));
      this.counts[disk?.env ? 'injectedFull' : 'mountedFull'] += 1;
    }
    this.#isFull = !this.#isFull;
    this.#log(this.#isFull ? 'the disk is full' : 'the disk has room again');
  }

  async kill(): Promise<void> {
    const { home, folders } = this.places;
    this.weigh();
    this.interrupt();
    await this.engine.kill();
    this.counts.kills += 1;
    checkFinalNames(folders, this.targets);
    const what = this.#random.weighted([
      ['nothing', 5],
      ['torn store', 3],
      ['power cut', 2],
    ]);
    const torn = what === 'torn store' ? tearStore(home, this.#random) : null;
    const clockOffset = this.#random.chance(0.25) ? this.#random.int(-72, 72) * HOUR : 0;
    if (clockOffset !== 0) this.counts.clockJumps += 1;
    const also = [torn, what === 'power cut' && what, clockOffset && `clock ${clockOffset / HOUR} h`];
    this.#log([`kill ${this.counts.kills}`, ...also].filter(Boolean).join(', '));
    if (torn === null && what !== 'power cut') {
      this.engine = await this.#start(clockOffset, false);
      return;
    }
    const before = partFiles(folders);
    this.engine = await this.#start(clockOffset, true);
    if (this.engine.notices.includes('store-corrupt')) this.counts.setAside += 1;
    const after = partFiles(folders);
    for (const [path, sum] of before) {
      if (after.get(path) !== sum) throw new Violation(`${path} was changed before anything ran (${torn ?? what})`);
    }
    if (torn === null) {
      this.counts.powerCuts += 1;
      losePower(await this.jobs());
    } else {
      this.wasTorn = true;
      this.counts.tornStores += 1;
      for (const target of this.targets) target.forgotten();
    }
    const jobs = await this.jobs();
    await this.engine.call('resume', several(jobs.filter(({ state }) => state.kind === 'queued')));
    await this.addMissing();
  }

  async #start(clockOffset: number, hold: boolean): Promise<EngineHandle> {
    const { home, folders, disk } = this.places;
    const start = { home, folder: folders[0], hold, clockOffset, disk };
    try {
      return await startEngine(start);
    } catch (error) {
      // A home on a full disk cannot be opened: the person makes room.
      if (!(this.#isFull && error instanceof EngineDied && isFullness(error))) throw error;
      this.fillOrEmpty();
      return startEngine(start);
    }
  }

  /** Adds what the engine does not know (any more). */
  async addMissing(): Promise<void> {
    const known = new Set((await this.jobs()).map(({ name }) => targetOf(this.targets, name)));
    const missing = this.targets.filter((target) => !known.has(target));
    if (missing.length === 0) return;
    const requests = missing.map(({ request }) => ({ ...request, connections: this.#random.pick([null, 4, 8]) }));
    const results = await this.engine.call('add', requests);
    const refused = results.find((result) => !result.ok);
    if (refused) throw new Violation(`a download was refused: ${JSON.stringify(refused)}`);
  }

  async jobs(): Promise<DownloadJob[]> {
    return (await this.engine.call('list')).map(asDownload);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.kill();
  }
}

const isFullness = ({ message }: Error) => /is full|disk-full|more bytes are needed/.test(message);

/** Their ids, in the plural: where there are several, the engine leaves out those that cannot do what is asked. */
export function several(jobs: readonly Job[]): string[] {
  return ['', '', ...jobs.map(({ id }) => id)];
}
