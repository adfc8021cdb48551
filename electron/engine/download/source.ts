import type { Identity, Resumability } from '../../../shared/job.ts';
import type { Exchange, RemoteRequest, ResponseHead } from '../remote/index.ts';
import type { Hosts } from './hosts.ts';
import { provesSame } from './proof.ts';

/** Failures in a row after which a mirror is left alone. */
const PATIENCE = 3;

/** One place that has the file: the link that was given, or a mirror. */
export class Source {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isMirror: boolean;
  readonly plainHttp: readonly string[];
  /** Where its redirects end; null: the link itself has to be asked (again). */
  target: Pick<Exchange, 'url' | 'headers'> | null = null;
  /** What its responses have to match. A mirror's is learnt from its first answer. */
  identity: Identity | null = null;
  resumability: Resumability = 'unknown';
  /** True once an expired target was resolved again (fault 51): not twice before anything came. */
  refreshed = false;
  /** True once a condition failed on what seems to be the same file: it is not made again, and answers prove themselves. */
  isUnconditional = false;
  /** Connections at work on it. */
  slots = 0;
  failures = 0;

  constructor({ url, headers, plainHttp = [] }: RemoteRequest, isMirror: boolean) {
    this.url = url;
    this.headers = headers;
    this.isMirror = isMirror;
    this.plainHttp = plainHttp;
  }

  get host(): string {
    return (this.target?.url ?? new URL(this.url)).hostname;
  }

  /** True where a response says by itself that it is of the version that is known. */
  isProvenBy(head: ResponseHead): boolean {
    const { identity, resumability } = this;
    return identity !== null && provesSame({ identity, resumability }, head);
  }

  /** New bytes came from where its link led. */
  gave(target: Source['target']): void {
    this.failures = 0;
    if (target === this.target) this.refreshed = false;
  }

  /** Forgets where an expired link led, once before anything comes. False where it led nowhere else. */
  leaveTarget(): boolean {
    if (this.refreshed) return true;
    if (!this.target || this.target.url.href === new URL(this.url).href) return false;
    this.refreshed = true;
    this.target = null;
    return true;
  }

  /** False for a mirror that failed too often or has another file. */
  get usable(): boolean {
    return !this.isMirror || this.failures < PATIENCE;
  }

  /** Leaves a mirror alone for the rest of the run. */
  drop(): void {
    this.failures = PATIENCE;
  }
}

/**
 * The usable source with the fewest connections whose host takes another; the first of equals, which is the link that was
 * given. The only connection of a source is never turned away.
 */
export function nextSource(sources: readonly Source[], hosts: Hosts): Source | null {
  let best: Source | null = null;
  for (const source of sources) {
    const isOpen = source.usable && (source.slots === 0 || hosts.left(source.host) > 0);
    if (isOpen && (best === null || source.slots < best.slots)) best = source;
  }
  return best;
}
