/** Who asked a share for what, and what came of it: the newest, in bounded memory, whoever asks how often. */
import type { Access } from '../../../shared/share.ts';

const MOST_ANSWERS = 200;
/** Apart from the answers, so that many tries in vain push none of them out. */
const MOST_REFUSALS = 40;

export class AccessLog {
  readonly #answers: Access[] = [];
  /** By what is told as one. The one that was quiet longest is first. */
  readonly #refusals = new Map<string, Access>();

  answered(access: Access): void {
    this.#answers.push(access);
    if (this.#answers.length > MOST_ANSWERS) this.#answers.shift();
  }

  /** Notes a request that was turned away before the share saw it. Like ones of one address are told as one. */
  refused(access: Access): void {
    const key = `${access.address} ${access.status}`;
    const times = (this.#refusals.get(key)?.times ?? 0) + 1;
    this.#refusals.delete(key);
    this.#refusals.set(key, { ...access, times });
    if (this.#refusals.size > MOST_REFUSALS) this.#refusals.delete(this.#refusals.keys().next().value!);
  }

  /** The newest last. */
  list(): Access[] {
    return [...this.#answers, ...this.#refusals.values()].toSorted((a, b) => a.at - b.at).slice(-MOST_ANSWERS);
  }
}
