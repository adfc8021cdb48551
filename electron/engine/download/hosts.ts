import { TokenBucket } from '../flow/index.ts';

/** Most connections that Sluice ever opens to one host. */
const MOST = 16;
/**
 * Ms after which twice as many may be tried: what turned connections away may have been a busy minute, and where it was
 * not, one more is turned away.
 */
const CAP_HOLDS = 5 * 60_000;
/** Ms that a host is spared after it hung up on a connection: that may have been the network, so it is tried again. */
const SPARED = 60_000;

/**
 * What the downloads of one thread know of the hosts they talk to: how many connections each is known to allow, how
 * many are open now, and the person's limit for it.
 */
export class Hosts {
  readonly #caps = new Map<string, { readonly most: number; readonly at: number }>();
  readonly #spared = new Map<string, { readonly most: number; readonly until: number }>();
  readonly #open = new Map<string, number>();
  readonly #limits = new Map<string, TokenBucket>();
  /** Hosts that drop Range where If-Range is there (fault 25): they are asked without it. */
  readonly dropRange = new Set<string>();

  /** The most connections that `host` is known to allow. */
  cap(host: string): number {
    const now = Date.now();
    const cap = this.#caps.get(host);
    const spared = this.#spared.get(host);
    const grown = cap ? cap.most * 2 ** Math.max(0, Math.floor((now - cap.at) / CAP_HOLDS)) : MOST;
    return Math.min(MOST, grown, spared && spared.until > now ? spared.most : MOST);
  }

  /** Remembers that `host` turned connections away when there were more than `cap`. */
  lower(host: string, cap: number): void {
    const most = Math.max(1, Math.min(cap, this.cap(host)));
    this.#caps.set(host, { most, at: Date.now() });
  }

  /** Opens no more than `most` connections to `host` for a minute: it hung up on one beyond them. */
  spare(host: string, most: number): void {
    this.#spared.set(host, { most: Math.max(1, most), until: Date.now() + SPARED });
  }

  /**
   * Counts a connection to `host`, if there is still one allowed. The first is always, and one that has to be (`anyway`)
   * is counted over the cap too. Answers what counts it out.
   */
  enter(host: string, anyway: true): () => void;
  enter(host: string, anyway: boolean): (() => void) | null;
  enter(host: string, anyway: boolean): (() => void) | null {
    const open = this.#open.get(host) ?? 0;
    if (!anyway && open > 0 && open >= this.cap(host)) return null;
    this.#open.set(host, open + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const left = (this.#open.get(host) ?? 1) - 1;
      if (left > 0) this.#open.set(host, left);
      else this.#open.delete(host);
    };
  }

  /** Connections that are open to `host`, over all downloads. */
  open(host: string): number {
    return this.#open.get(host) ?? 0;
  }

  /** How many more connections to `host` may be opened now. */
  left(host: string): number {
    return Math.max(0, this.cap(host) - this.open(host));
  }

  /** The limits that the person gave, bytes per second by host name. Replaces all. */
  setLimits(limits: Readonly<Record<string, number>>): void {
    for (const host of this.#limits.keys()) if (!(host in limits)) this.#limits.delete(host);
    for (const [host, rate] of Object.entries(limits)) {
      const bucket = this.#limits.get(host);
      if (bucket) bucket.setRate(rate);
      else this.#limits.set(host, new TokenBucket(rate));
    }
  }

  /** The bucket of a host that has a limit. */
  limit(host: string): TokenBucket | null {
    return this.#limits.get(host) ?? null;
  }
}
