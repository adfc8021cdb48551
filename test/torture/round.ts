/**
 * One round of torture: a few downloads, an engine that is killed again and again, and everything else that may happen
 * to it, chosen by a seed. Throws `Violation` when something came out that must never come out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DownloadJob, Job } from '../../shared/job.ts';
import { startFaultServer } from '../servers/fault-server.ts';
import type { Counts } from './counts.ts';
import { checkFinalNames, checkJobs, targetOf } from './disk-content.ts';
import { nextDeed, type Deed } from './person.ts';
import { choosePlaces } from './places.ts';
import { seededRandom, type Random } from '../servers/random.ts';
import { playRow, startHonest, type Target } from './target.ts';
import { several, Victim } from './victim.ts';
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

export interface RoundResult extends Counts {
  readonly seed: number;
  readonly targets: readonly Pick<Target, 'ends' | 'proof' | 'mirrors'>[];
  /** Bytes of the files that had to come whole, and bytes that their servers sent. */
  readonly needed: number;
  readonly sent: number;
  readonly seconds: number;
}

const MOST_RSS = 250e6;
const SETTLE_MS = 240_000;

export async function tortureRound(options: RoundOptions): Promise<RoundResult> {
  const began = performance.now();
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
  const victim = stack.use(await Victim.begin({ random, places, targets, log }));

  const round = new Round(options, random, victim);
  await round.torment();
  await round.finish();
  const whole = targets.filter(({ ends }) => ends === 'complete');
  return {
    seed,
    targets,
    ...victim.counts,
    needed: whole.reduce((sum, { size }) => sum + size, 0),
    sent: whole.reduce((sum, target) => sum + target.sent(), 0),
    seconds: (performance.now() - began) / 1000,
  };
}

/** What is done to the engine, and what has to hold in the end. */
class Round {
  readonly #options: RoundOptions;
  readonly #random: Random;
  readonly #victim: Victim;
  /** How often the right link was pasted since the last one expired. */
  readonly #pasted = new Map<Target, number>();

  constructor(options: RoundOptions, random: Random, victim: Victim) {
    this.#options = options;
    this.#random = random;
    this.#victim = victim;
  }

  /** Does its worst until the kills are used up, or all is downloaded. */
  async torment(): Promise<void> {
    while (this.#victim.counts.kills < this.#options.kills) {
      await sleep(this.#random.int(1, this.#options.pause));
      const jobs = await this.#victim.jobs();
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
        ['disk', this.#victim.places.disk ? 3 : 0],
      ] as const);
      await this.#act(act, jobs);
    }
  }

  async #act(act: string, jobs: readonly DownloadJob[]): Promise<void> {
    const random = this.#random;
    const { counts, engine, targets } = this.#victim;
    const job = jobs[random.int(0, jobs.length - 1)];
    switch (act) {
      case 'kill':
        return this.#victim.kill();
      case 'pause':
        this.#victim.interrupt();
        counts.pauses += 1;
        return engine.call('pause', several(random.chance(0.5) && job ? [job] : jobs));
      case 'resume':
        return engine.call('resume', several(random.chance(0.5) && job ? [job] : jobs));
      case 'limit':
        counts.limits += 1;
        if (random.chance(0.3)) await this.#limitAll(random.pick([null, 300_000, 3_000_000]));
        else if (job) await engine.call('setLimit', job.id, random.pick([null, 50_000, 1_000_000]));
        return;
      case 'connections':
        if (job) await engine.call('setConnections', job.id, random.pick([null, 1, 4, 16]));
        return;
      case 'server':
        random.pick(targets).vary(random);
        return;
      case 'link':
        if (job) this.#expireLink(targetOf(targets, job.name), job);
        return;
      case 'person':
        if (job && job.state.kind !== 'paused') await this.#help(job, false);
        return;
      case 'clock':
        return this.#victim.jumpClock();
      case 'disk':
        this.#victim.fillOrEmpty();
    }
  }

  #limitAll(limit: number | null): Promise<void> {
    return this.#victim.unlessFull(this.#victim.engine.call('setSettings', { limit }));
  }

  /** What has not begun would take whatever a wrong link leads to for the file. */
  #expireLink(target: Target, { ranges }: DownloadJob): void {
    if (target.impostor === null || ranges.length === 0) return;
    target.expire(this.#random);
    this.#pasted.delete(target);
    this.#victim.counts.linksExpired += 1;
    this.#options.log(`the link of ${target.name} expires`);
  }

  /** Does what a person would do about a job that has stopped. True where there is nothing to do, and nothing to wait for. */
  async #help(job: DownloadJob, isHasty: boolean): Promise<boolean> {
    const { state, id, name } = job;
    const { engine, places, targets, wasTorn } = this.#victim;
    const target = targetOf(targets, name);
    const pasted = this.#pasted.get(target) ?? 0;
    const deed = nextDeed(job, target, this.#random, { folders: places.folders, pasted, wasTorn, isHasty });
    if (!deed) return ['completed', 'attention', 'failed'].includes(state.kind);
    switch (deed.kind) {
      case 'remove':
        target.forgotten();
        this.#options.log(`${name} is given up, and begun anew`);
        await engine.call('remove', [id], true);
        await this.#victim.addMissing();
        break;
      case 'decide':
        await this.#decide(job, target, deed, isHasty);
        break;
      default:
        await engine.call(deed.kind, several([job]));
    }
    return false;
  }

  async #decide(
    { id, name }: Job,
    target: Target,
    { choice, details }: Extract<Deed, { kind: 'decide' }>,
    isHasty: boolean,
  ): Promise<void> {
    const { counts, engine } = this.#victim;
    this.#options.log(`${name}: ${choice} ${details.url ?? details.folder ?? ''}`);
    this.#victim.interrupt();
    const decided = engine.call('decide', id, choice, details);
    if (choice === 'new-link') {
      const isRight = details.url !== target.impostor;
      counts[isRight ? 'rightLinks' : 'wrongLinks'] += 1;
      if (isRight) this.#pasted.set(target, (this.#pasted.get(target) ?? 0) + 1);
    }
    if (choice === 'start-over') target.forgotten();
    if (choice === 'change-folder') {
      counts.moves += 1;
      if (!isHasty && this.#random.chance(0.3)) {
        decided.catch(() => {});
        await sleep(this.#random.int(0, 30));
        counts.killedMoves += 1;
        return this.#victim.kill();
      }
    }
    await this.#victim.unlessFull(decided);
  }

  /** Lets everything end: servers behave, the disk has room, nothing is paused or limited. */
  async finish(): Promise<void> {
    const victim = this.#victim;
    const { targets, places } = victim;
    for (const target of targets) target.calm();
    if (victim.isFull) victim.fillOrEmpty();
    await victim.addMissing();
    await this.#limitAll(null);
    for (const { id, state } of await victim.jobs()) {
      if (state.kind === 'completed') continue;
      await victim.engine.call('setLimit', id, null);
      await victim.engine.call('setConnections', id, null);
    }
    const deadline = performance.now() + SETTLE_MS;
    while (!(await this.#settled())) {
      if (performance.now() > deadline) {
        throw new Violation(`still not done after ${SETTLE_MS / 1000} s: ${JSON.stringify(await victim.jobs())}`);
      }
      await sleep(200);
    }
    const { counts, wasTorn } = victim;
    checkJobs(await victim.jobs(), places.folders, targets, { wasTorn, wasKilledMoving: counts.killedMoves > 0 });
    victim.weigh();
    const leaks = await victim.engine.close();
    if (Object.keys(leaks).length > 0) throw new Violation(`the closed engine still holds ${JSON.stringify(leaks)}`);
    checkFinalNames(places.folders, targets);
    this.#checkFigures();
  }

  /** True when every job has ended; helps those that wait for a person or for their time. */
  async #settled(): Promise<boolean> {
    let isSettled = true;
    for (const job of await this.#victim.jobs()) {
      if (!(await this.#help(job, true))) isSettled = false;
    }
    return isSettled;
  }

  #checkFigures(): void {
    const { counts, targets } = this.#victim;
    for (const target of targets) {
      const [sent, allowed] = [target.sent(), target.allowed()];
      if (sent > allowed) throw new Violation(`${target.manner}: ${sent} bytes were sent, at most ${allowed} were due`);
    }
    if (counts.peakRss > MOST_RSS) throw new Violation(`the engine took ${counts.peakRss / 1e6} MB`);
  }
}
