import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure } from '../../shared/failure.ts';
import { createWorld, journal, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const never = new AbortController().signal;
const refusal = { code: 'not-in-this-state' };

/** Begins a run, which makes the part file at this time. */
async function begin(id: string, born: string | null): Promise<void> {
  await world.downloads.running(id);
  mkdirSync(world.files, { recursive: true });
  writeFileSync(join(world.files, 'a.bin.sluice'), 'x'.repeat(400));
  world.downloads.tell(id, { kind: 'started', journal: { ...journal('a.bin', 1000), born } });
  world.downloads.tell(id, { kind: 'committed', journal: { ...journal('a.bin', 1000, [[0, 400]]), born } });
}

test('what is on the disk can be read; what is not is waited for', async () => {
  const id = world.add();
  await begin(id, '1');
  world.downloads.end(id, { kind: 'attention', failure: failure('disk-full') });
  const live = world.jobs.liveFile(id);
  expect(await live.readable(100, never)).toBe(400);
  const later = live.readable(400, never);
  await world.jobs.decide(id, 'retry');
  await world.downloads.running(id);
  world.downloads.tell(id, { kind: 'started', journal: { ...journal('a.bin', 1000, [[0, 400]]), born: '1' } });
  world.downloads.end(id, { kind: 'completed', name: 'a.bin', size: 1000, proof: 'size' });
  expect(await later).toBe(1000);
});

test.each([
  { told: 'by their birth', old: '1', next: '2' },
  { told: 'where files have no time of birth', old: null, next: null },
])(
  'begun anew it is another file, $told: who reads the old one is stopped, and never told that it is whole',
  async ({ old, next }) => {
    const id = world.add();
    await begin(id, old);
    world.downloads.end(id, { kind: 'attention', failure: failure('changed') });
    const live = world.jobs.liveFile(id);
    const waiting = live.readable(500, never).catch((error: unknown) => error);
    await world.jobs.decide(id, 'start-over');
    expect(await waiting).toMatchObject(refusal);
    await begin(id, next);
    world.downloads.end(id, { kind: 'completed', name: 'a.bin', size: 1000, proof: 'size' });
    await expect(live.readable(0, never)).rejects.toMatchObject(refusal);
    expect(await world.jobs.liveFile(id).readable(0, never)).toBe(1000);
  },
);

test('a run that goes on with a part file out of a backup writes another file than the one that is open', async () => {
  const id = world.add();
  await begin(id, '1');
  world.downloads.end(id, { kind: 'attention', failure: failure('disk-full') });
  const live = world.jobs.liveFile(id);
  await world.jobs.decide(id, 'retry');
  await world.downloads.running(id);
  world.downloads.tell(id, { kind: 'started', journal: { ...journal('a.bin', 1000, [[0, 400]]), born: '2' } });
  await expect(live.readable(0, never)).rejects.toMatchObject(refusal);
});
