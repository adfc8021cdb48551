/** Shares and captures as the double of the engine has them. */
import { implement, type Router } from '@orpc/server';
import type { CaptureRequest } from '../../shared/capture.ts';
import { contract } from '../../shared/contract.ts';
import type { NetworkInfo, Share, ShareDetail, ShareRequest } from '../../shared/share.ts';
import { queued } from './queued.ts';
import { rethrow, type NoContext, type Note } from './answers.ts';

export class ShareDouble {
  shares: Share[] = [];
  detail: (id: string) => ShareDetail = (id) => ({
    id,
    readers: [],
    log: [],
    rates: [],
    queue: { used: 0, size: 0 },
  });
  network: NetworkInfo = { addresses: [], port: null, https: false, fingerprint: null };
  added: (request: ShareRequest) => Share = (request) => this.made(request);
  captured: (request: CaptureRequest) => string = () => 'captured';
  private readonly note: Note;
  private readonly watchers = new Set<() => void>();
  private readonly detailWatchers = new Set<() => void>();

  constructor(note: Note) {
    this.note = note;
  }

  /** Changes what is shared, and tells all windows. */
  change(shares: Share[]): void {
    this.shares = shares;
    for (const watcher of this.watchers) watcher();
  }

  /** Renews the details that are open. */
  tick(): void {
    for (const watcher of this.detailWatchers) watcher();
  }

  private made({ target, options, password }: ShareRequest): Share {
    const id = `share-${this.shares.length + 1}`;
    return {
      id,
      target,
      name: 'Share',
      audience: 'this-computer',
      expiresAt: null,
      deliveries: null,
      limit: null,
      disposition: 'inline',
      ...options,
      hasPassword: password !== undefined,
      createdAt: Date.now(),
      state: { kind: 'on' },
      links: [`http://127.0.0.1:8321/${id}`],
      size: null,
      readers: 0,
      rate: 0,
      sent: 0,
    } as Share;
  }

  private async *watch(signal: AbortSignal | undefined): AsyncGenerator<Share[]> {
    yield this.shares;
    for await (const _ of queued<void>(this.watchers, signal)) yield this.shares;
  }

  private async *watchDetail(id: string, signal: AbortSignal | undefined): AsyncGenerator<ShareDetail> {
    yield this.detail(id);
    for await (const _ of queued<void>(this.detailWatchers, signal)) yield this.detail(id);
  }

  router(): Router<typeof contract.shares, NoContext> {
    const os = implement(contract.shares);
    const noted =
      <I, R>(name: string, answer: (input: I) => R) =>
      ({ input }: { input: I }): R => {
        this.note(`shares.${name}`, input);
        try {
          return answer(input);
        } catch (error) {
          return rethrow(error);
        }
      };
    return {
      list: os.list.handler(() => this.shares),
      watch: os.watch.handler(({ signal }) => this.watch(signal)),
      detail: os.detail.handler(({ input, signal }) => this.watchDetail(input.id, signal)),
      add: os.add.handler(
        noted('add', (request) => {
          const share = this.added(request);
          this.change([...this.shares, share]);
          return share;
        }),
      ),
      change: os.change.handler(
        noted('change', ({ id, options, password }) => {
          const old = this.shares.find((share) => share.id === id);
          if (!old) throw new Error(`The double has no share ${id}`);
          const hasPassword = password === undefined ? old.hasPassword : password !== null;
          const share = { ...old, ...options, hasPassword } as Share;
          this.change(this.shares.map((other) => (other.id === id ? share : other)));
          return share;
        }),
      ),
      revoke: os.revoke.handler(
        noted('revoke', ({ ids }) => this.change(this.shares.filter(({ id }) => !ids.includes(id)))),
      ),
      network: os.network.handler(noted('network', () => this.network)),
    };
  }

  captures(): Router<typeof contract.captures, NoContext> {
    return {
      add: implement(contract.captures).add.handler(({ input }) => {
        this.note('captures.add', input);
        try {
          return { id: this.captured(input) };
        } catch (error) {
          return rethrow(error);
        }
      }),
    };
  }
}
