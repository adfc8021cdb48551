import type { BodyAccount, BodyEnd, BodySink } from './body.ts';
import type { ReadBuffer } from './read-buffer.ts';

interface RawBodyOwner {
  /** What the socket reads into. Bytes of the body may be there already. */
  readonly buffer: ReadBuffer;
  readonly account: BodyAccount;
  readonly sink: BodySink;
  /** Reads no more for so many ms. */
  limit(ms: number): void;
  /** True while the sink is behind. */
  isBlocked(): boolean;
  /** Called once, before `end` resolves. `reusable`: nothing else came with the body, and nothing of it is to come. */
  over(reusable: boolean): void;
}

/** A body whose bytes are taken as they come: they go to the sink in the memory that they were read into. */
export class RawBody {
  readonly #owner: RawBodyOwner;
  readonly #end = Promise.withResolvers<BodyEnd>();
  #flush = false;

  constructor(owner: RawBodyOwner) {
    this.#owner = owner;
  }

  /** How the body ended. Rejects where `fail` was called before. */
  get end(): Promise<BodyEnd> {
    return this.#end.promise;
  }

  /** The most bytes that the next read may bring. */
  get quantum(): number {
    return this.#owner.sink.quantum();
  }

  /** Takes what came with the head. */
  begin(): void {
    const early = this.#owner.buffer.length;
    if (early > 0) this.take(early);
    else this.#finishIfDone();
  }

  /** Accounts for the newest `n` bytes of the buffer, and passes it on when it is full enough. */
  take(n: number): void {
    const { buffer, account, sink } = this.#owner;
    const have = buffer.length;
    const counted = account.wantedOf(n, have);
    if (counted > 0) this.#owner.limit(sink.received(counted));
    if (have >= account.wanted) this.#finishIfDone();
    else if (buffer.isFull && buffer.mayGrow && !this.#owner.isBlocked()) buffer.makeRoom();
    else if (buffer.isFull || (this.#flush && have > 0)) this.#handOver(have - (sink.remainder?.(have) ?? 0));
  }

  /** No more than so many are wanted from now. */
  cut(wanted: number): void {
    this.#owner.account.cut(wanted);
    this.#finishIfDone();
  }

  /** Hands what has arrived to the sink with the next read, however little; `now`: what is there at once, as a copy. */
  flush(now: boolean): void {
    const have = this.#owner.buffer.length;
    if (now && have > 0) this.#handOver(have);
    else this.#flush = true;
  }

  /** The connection ended: where that is how the body ends, all is well. */
  connectionEnded(): void {
    const { buffer, account } = this.#owner;
    if (!account.endsByClose) return;
    account.end(buffer.length);
    if (buffer.length > 0) this.#handOver(buffer.length);
    this.#finish('closed', false);
  }

  /** Ends before its time. What came before is good: it is kept, so that the next request asks for less (fault 35). */
  fail(error: Error): void {
    const { buffer, account } = this.#owner;
    if (buffer.length > 0) this.#handOver(Math.min(buffer.length, account.wanted));
    this.#end.reject(error);
  }

  /** Gives the first `n` bytes to the sink. */
  #handOver(n: number): void {
    const { buffer, account, sink } = this.#owner;
    this.#flush = false;
    account.take(n);
    buffer.handOver(n, (bytes, from, to) => sink.write(bytes, from, to));
    // The disk is behind with it: others come first.
    if (this.#owner.isBlocked()) buffer.shrink();
  }

  #finishIfDone(): void {
    const { isWhole, wanted } = this.#owner.account;
    const have = this.#owner.buffer.length;
    if (have < wanted) return;
    if (wanted > 0) this.#handOver(wanted);
    this.#finish(isWhole ? 'complete' : 'cut', isWhole && have === wanted);
  }

  #finish(end: BodyEnd, reusable: boolean): void {
    this.#owner.over(reusable);
    this.#end.resolve(end);
  }
}
