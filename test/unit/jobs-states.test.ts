/**
 * Whatever a person, a server and the network do, in whatever order: no job ever takes a step that the table does not
 * allow (the list throws on one), no job runs twice at once, and no more jobs run than may.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DownloadOutcome } from '../../electron/engine/download/index.ts';
import { JobList } from '../../electron/engine/jobs/job-list.ts';
import type { JobRecord } from '../../electron/engine/jobs/job-record.ts';
import type { Store } from '../../electron/engine/jobs/store.ts';
import type { MetalinkFile } from '../../electron/engine/remote/index.ts';
import type { TimeWindow } from '../../shared/settings.ts';
import { failure, SluiceError } from '../../shared/failure.ts';
import { allowedActions, transitions } from '../../shared/job-state.ts';
import { attentionChoices, type JobStateKind, priorities } from '../../shared/job.ts';
import { seededRandom } from '../servers/random.ts';
import { createWorld, FakeClock, journal, retry, type World } from './jobs-world.ts';

const daily = { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '00:00' };
const windows: readonly TimeWindow[] = [
  { ...daily, limit: 0 },
  { ...daily, limit: 5000 },
  { ...daily, from: '00:01', to: '23:59', limit: 0 },
];

const files: readonly MetalinkFile[] = ['a', 'b'].map((name) => ({
  name,
  size: 10,
  urls: [`https://example.com/${name}`, `https://mirror.example/${name}`],
  checksum: { algorithm: 'md5', value: '0'.repeat(32) },
  pieces: null,
}));

const outcomes: readonly DownloadOutcome[] = [
  { kind: 'completed', name: 'x', size: 10, proof: 'size' },
  { kind: 'stopped' },
  retry('connection-lost'),
  retry('connection-lost', { progressed: true }),
  retry('too-busy', { retryAfter: 3000 }),
  { kind: 'attention', failure: failure('changed') },
  { kind: 'attention', failure: failure('disk-full') },
  { kind: 'metalink', files },
  { kind: 'failed', failure: failure('login-needed') },
  { kind: 'failed', failure: failure('certificate-untrusted', { host: 'example.com', fingerprint: 'AB:CD' }) },
  { kind: 'attention', failure: failure('link-expired') },
  { kind: 'failed', failure: failure('not-found') },
  { kind: 'failed', failure: failure('host-not-found', { host: 'example.com' }) },
];

/** A refusal is an answer; anything else, an illegal step above all, is what this test is for. */
function expected(error: unknown): void {
  if (!(error instanceof SluiceError)) throw error;
}

async function step(world: World, random: () => number): Promise<void> {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const { downloads, jobs, clock } = world;
  const id = pick(jobs.list())?.id ?? world.add();
  const runs = [...downloads.runs.keys()];
  const run = pick(runs);
  const steps: readonly (() => unknown)[] = [
    () => (jobs.list().length < 12 ? world.add({ paused: random() < 0.2 }) : null),
    () => jobs.pause([id]),
    () => jobs.resume([id]),
    () => jobs.cancel([id]),
    () => jobs.retry([id]),
    () => {
      // Resolves when the run has ended, which may be many steps from now.
      if (random() < 0.3) jobs.remove([id], random() < 0.5).catch(expected);
    },
    () => jobs.reorder([id], null),
    () =>
      jobs.decide(id, pick(attentionChoices)!, {
        folder: join(world.home, '..', pick(['a', 'b'])!),
        url: pick(['https://example.com/again.bin', 'https://other.example/x', 'nonsense']),
        username: 'me',
        password: 'hush',
      }),
    () => jobs.setPriority([id], pick(priorities)!),
    () => jobs.setStartAt([id], pick([null, clock.now() - 5, clock.now() + 4000, clock.now() + 60_000])!),
    () => jobs.setSettings({ schedule: random() < 0.3 ? [pick(windows)!] : [] }),
    () => run && downloads.tell(run, { kind: 'started', journal: journal(`part-${run}`, 10) }),
    () => run && downloads.tell(run, { kind: 'committed', journal: journal(`part-${run}`, 10, [[0, 5]]) }),
    () => run && downloads.tell(run, { kind: 'verifying' }),
    () => run && downloads.end(run, pick(outcomes)!),
    () => run && downloads.end(run, pick(outcomes)!),
    () => clock.advance(Math.floor(random() * 8000)),
    () => {
      world.online = random() < 0.6;
      world.free = random() < 0.8 ? 1e9 : 3;
    },
    () => jobs.setSettings({ maxActive: 1 + Math.floor(random() * 4) }),
  ];
  try {
    await pick(steps)!();
  } catch (error) {
    expected(error);
  }
  if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
}

/** The end of one session and the begin of the next. */
async function restart(world: World): Promise<void> {
  world.downloads.obedient = true;
  for (const id of world.downloads.runs.keys()) world.downloads.stop(id);
  await world.jobs.close();
  world.reopen();
  const left = world.jobs.list().map((job) => job.state.kind);
  expect(left.filter((kind) => ['running', 'verifying', 'pausing', 'waiting'].includes(kind))).toEqual([]);
}

test.each([1, 2, 3, 4, 5, 6])('no order of events leads to a state that may not follow (seed %i)', async (seed) => {
  const seeded = seededRandom(seed);
  const random = () => seeded.next();
  const world = createWorld();
  const seen = new Map<string, JobStateKind>();
  const steps = new Set<string>();
  mkdirSync(world.files, { recursive: true });
  for (let i = 0; i < 600; i += 1) {
    world.downloads.obedient = random() < 0.7;
    await step(world, random);
    for (const job of world.jobs.list()) {
      const before = seen.get(job.id);
      if (before !== job.state.kind) steps.add(`${before ?? ''}→${job.state.kind}`);
      seen.set(job.id, job.state.kind);
    }
    if (i % 150 === 149) await restart(world);
  }
  expect(world.downloads.mostAtOnce).toBeLessThanOrEqual(5);
  expect(steps.size).toBeGreaterThan(12);
  await world.close();
});

test('the table names every state, and each action leads on from where it is offered', () => {
  const kinds = Object.keys(transitions) as JobStateKind[];
  const target: Partial<Record<string, readonly JobStateKind[]>> = {
    pause: ['pausing', 'paused'],
    resume: ['queued'],
    retry: ['queued'],
    cancel: ['cancelled', 'pausing'],
  };
  for (const from of kinds) {
    expect(transitions[from].every((to) => kinds.includes(to))).toBe(true);
    const dead = allowedActions(from).filter(
      (action) => target[action]?.some((to) => to === from || transitions[from].includes(to)) === false,
    );
    expect([from, dead]).toEqual([from, []]);
  }
});

test('a step that the table does not allow is never taken', () => {
  const list = new JobList([], { write: () => {} } as unknown as Store, new FakeClock(), () => {});
  const job = { state: { kind: 'completed' } } as JobRecord;
  expect(() => list.move(job, { kind: 'queued' })).toThrow('from completed to queued');
  expect(job.state.kind).toBe('completed');
});
