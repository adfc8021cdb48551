import { createORPCClient, DynamicLink } from '@orpc/client';
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import { Refused, type Client, type Dial, type Line } from '../transport/index.ts';
import { apply, type MirrorStore } from './mirror.ts';

/** Waits between tries to reach the engine again, in ms; the last one repeats. */
const backoff = [250, 500, 1000, 2000, 4000];

/** The engine's client, which outlives any one line, and what makes it live. */
export interface Follower {
  readonly client: Client;
  /**
   * Keeps the mirror true until the returned function is called: dials, takes a snapshot, applies changes, and begins
   * again with a new snapshot after a gap or a lost line, for ever, unless the host refuses us.
   */
  readonly start: () => () => void;
}

export function createFollower(dial: Dial, mirror: MirrorStore): Follower {
  let line: Line | null = null;
  const client: Client = createORPCClient(
    new DynamicLink(() => {
      if (!line) throw new Error('There is no line to the engine');
      return line.link;
    }),
  );

  const run = async (signal: AbortSignal) => {
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        line = await dial(signal);
        await watch(client, line, mirror, () => (tries = 0));
      } catch (error) {
        if (error instanceof Refused) {
          mirror.setState({ status: 'refused', refusal: error.reason });
          return;
        }
      }
      line?.close();
      line = null;
      if (signal.aborted) return;
      mirror.setState(({ status }) => ({ status: status === 'connecting' ? status : 'reconnecting' }));
      await pause(backoff[Math.min(tries, backoff.length - 1)] ?? 0, signal);
    }
  };

  const start = () => {
    const stopping = new AbortController();
    void run(stopping.signal);
    const sampling = setInterval(() => {
      const { status, rates, totals } = mirror.getState();
      if (status === 'live') mirror.setState({ rates: [...rates.slice(-59), totals.rate] });
    }, 1000);
    return () => {
      clearInterval(sampling);
      stopping.abort();
      line?.close();
    };
  };

  return { client, start };
}

/** Follows one line until it is dead; a gap in the revisions only begins a new stream on it. */
async function watch(client: Client, line: Line, mirror: MirrorStore, onLive: () => void): Promise<void> {
  let dead = false;
  const closed = line.closed.then(() => {
    dead = true;
    return null;
  });
  mirror.setState({ info: await client.system.info() });
  while (!dead) {
    const events: AsyncIterator<JobsEvent> = await client.jobs.watch();
    for (;;) {
      const next = await Promise.race([events.next(), closed]);
      if (next === null || next.done) {
        dead = true;
        break;
      }
      const change = apply(mirror.getState(), next.value);
      if (change === null) break;
      mirror.setState(next.value.type === 'snapshot' ? { ...change, status: 'live', refusal: null } : change);
      if (next.value.type === 'snapshot') onLive();
    }
    void events.return?.().catch(() => undefined);
  }
}

/** Waits, but not past the moment when the person comes back to the window or the network returns. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const waiting = new AbortController();
    const end = () => {
      clearTimeout(timer);
      waiting.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('focus', end, { signal: waiting.signal });
    window.addEventListener('online', end, { signal: waiting.signal });
    signal.addEventListener('abort', end, { signal: waiting.signal });
  });
}
