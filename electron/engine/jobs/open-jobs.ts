/** Opens the jobs of a home folder: its lock, its store, and what ran when it was closed. */
import { mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { EngineOptions } from '../engine.ts';
import { freeSpace, toDiskError } from '../files/index.ts';
import { systemClock } from './clock.ts';
import { type Jobs, OpenJobs } from './jobs.ts';
import { lockHome } from './lock.ts';
import { openStore } from './store.ts';
import type { World } from './workshop.ts';

/** What jobs need of the world; what a test does not own is the system's. */
export type JobsWorld = Pick<World, 'downloads' | 'exports' | 'captures' | 'target'> & Partial<World>;

/**
 * Takes the home's lock, opens its store and, when `begin` is called, lets the jobs of the last session go on.
 * @throws store-in-use, store-newer, and what the disk refuses
 */
export function openJobs(options: EngineOptions, world: JobsWorld): Jobs {
  const { home } = options;
  const { clock = systemClock } = world;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toDiskError(error, home);
  }
  const lock = lockHome(home);
  try {
    const content = openStore(home, new Date(clock.now()));
    const whole: World = { random: Math.random, freeSpace, interfaces: networkInterfaces, ...world, clock };
    return new OpenJobs(options, whole, content, () => {
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}
