/** The requests of one connection, answered one after the other, however many come at once (RFC 9112 §9.3.2). */
import type { ServerResponse } from 'node:http';
import { Refusal, refuseSocket, sendRefusal } from './refusal.ts';

/** Requests that may wait for the answers before them; clients that pipeline send some ten at once. */
export const MOST_WAITING = 32;
/** Requests after the one that was refused; whoever sends on and on is cut off. */
const MOST_IGNORED = 100;

interface Turn {
  readonly response: ServerResponse;
  readonly answer: () => void;
}

export class Turns {
  #isBusy = false;
  readonly #waiting: Turn[] = [];
  #ignored = 0;
  /** Status for what came after them and could not be read. */
  #after: number | null = null;

  /** Calls `answer` when the answers before it are over. What waits holds nothing but its request. */
  add(response: ServerResponse, answer: () => void): void {
    if (this.#ignored > 0) {
      this.#ignored += 1;
      if (this.#ignored > MOST_IGNORED) response.req.socket.destroy();
    } else if (!this.#isBusy) {
      this.#begin({ response, answer });
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push({ response, answer });
    } else {
      this.#ignored = 1;
      const refusal = new Refusal(429, 'Too many requests at once.', ['Retry-After', '1']);
      this.#waiting.push({
        response,
        answer() {
          response.shouldKeepAlive = false;
          sendRefusal(response, refusal);
        },
      });
    }
  }

  /** Refuses what cannot be read after the answers that are under way; false where there are none. */
  refuseAfter(status: number): boolean {
    if (this.#isBusy) this.#after = status;
    return this.#isBusy;
  }

  #begin({ response, answer }: Turn): void {
    this.#isBusy = true;
    response.once('close', () => {
      this.#isBusy = false;
      const { socket } = response.req;
      const next = this.#waiting.shift();
      // The last answer of a connection leaves none for those after it.
      if (!socket.writable) this.#waiting.length = 0;
      else if (next) this.#begin(next);
      else if (this.#after !== null) refuseSocket(socket, this.#after);
    });
    answer();
  }
}
