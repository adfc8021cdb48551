/** Asking until it is heard: a cancel that falls between two messages of the protocol is lost. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Ms between one time and the next. */
const INTERVAL = 250;
/** How often: 2 s in all. Times instead of a deadline, as a busy machine may let hardly one out before that. */
const TIMES = 8;

/** Asks until `done` is resolved, or often enough to know that nobody hears. Asking that fails is not heard. */
export async function insist(done: Promise<void>, ask: () => Promise<unknown>): Promise<void> {
  let isDone = false;
  void done.then(() => (isDone = true));
  for (let time = 0; time < TIMES && !isDone; time += 1) {
    void ask().catch(() => {});
    await Promise.race([done, sleep(INTERVAL, undefined, { ref: false })]);
  }
}
