/** What happens at the disk's end of the queue when the disk is full. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WhenFull } from '../../../shared/capture.ts';
import { toDiskError } from '../files/index.ts';
import type { Disk } from './capture-file.ts';

/** Ms between two tries. */
const LOOK_MS = 1_000;

/**
 * Has whoever writes wait for room, unless the policy is to fail. What was written in part is written again, at the same
 * place.
 */
export class DiskRoom {
  readonly #policy: WhenFull;
  readonly #onChange: (isFull: boolean) => void;
  readonly #waiting = new AbortController();
  #isFull = false;

  /** `onChange`: the disk is full, or takes something again. */
  constructor(policy: WhenFull, onChange: (isFull: boolean) => void) {
    this.#policy = policy;
    this.#onChange = onChange;
  }

  /** True while somebody waits for room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Nobody waits any more: a full disk is a failure from now on. */
  giveUp(): void {
    this.#waiting.abort();
  }

  /** Does something that can be done again, until the disk takes it. @throws what else the disk refuses */
  async patiently<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const done = await act();
        this.#set(false);
        return done;
      } catch (error) {
        const { signal } = this.#waiting;
        const isFull = toDiskError(error, '').code === 'disk-full';
        if (!isFull || this.#policy === 'fail' || signal.aborted) throw error;
        this.#set(true);
        await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** A disk whose writes wait. A sync does not: what the system could not write then, nobody can say. */
  over(disk: Disk): Disk {
    return {
      write: (handle, bytes, position) => this.patiently(() => disk.write(handle, bytes, position)),
      sync: (handle) => disk.sync(handle),
    };
  }

  #set(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#onChange(isFull);
  }
}
