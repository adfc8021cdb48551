/** The remote behind a share: asked only for the link that its owner gave, with what its owner gave for it. */
import { SluiceError } from '../../../shared/failure.ts';
import type { Known } from '../download/index.ts';
import type { BufferPool } from '../flow/index.ts';
import {
  defaultNetwork,
  fieldValues,
  HttpConnection,
  identityOf,
  interpret,
  originOf,
  redirect,
  requestHead,
  resumabilityOf,
  type Network,
  type RangeAsk,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';
import { isPrivateAddress } from './private-address.ts';

export interface RemoteAnswer {
  readonly connection: HttpConnection;
  readonly head: ResponseHead;
  readonly url: URL;
  readonly verdict: Verdict;
}

/** What is known of the remote's representation. */
export interface RemoteFacts {
  /** What later answers are held to. */
  readonly known: Known;
  /** Bytes; null where it does not say. */
  readonly size: number | null;
  /** False where only the whole can be had. */
  readonly hasRanges: boolean;
  readonly head: ResponseHead;
  readonly url: URL;
}

const MOST_REDIRECTS = 10;

/** Whether the owner's own link leads into a private network, as it was when it was asked first. */
export interface FirstSeen {
  /** Null until then. */
  isInside(): boolean | null;
  note(isInside: boolean): void;
}

/** Remembers as long as the process lives. */
export function firstSeen(): FirstSeen {
  let seen: boolean | null = null;
  return {
    isInside: () => seen,
    note(isInside) {
      seen = isInside;
    },
  };
}

export class RemoteSource {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #pool: BufferPool;
  readonly #trusted: () => Readonly<Record<string, string>>;
  readonly #first: FirstSeen;
  readonly #isInside: (address: string) => boolean;

  constructor(
    target: { readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined },
    pool: BufferPool,
    trusted: () => Readonly<Record<string, string>>,
    first: FirstSeen,
    isInside: (address: string) => boolean = isPrivateAddress,
  ) {
    this.#first = first;
    this.#isInside = isInside;
    this.#url = target.url;
    this.#headers = target.headers ?? {};
    this.#pool = pool;
    this.#trusted = trusted;
  }

  /**
   * Sends one GET; the answer's body is not read. It may lead into a private network only where the owner's own link did
   * when it was asked first: neither a redirect nor DNS can change that. The connection is judged by the address that it
   * really has, before anything is sent over it.
   * @throws the network's failures, bad-redirect, moved-inside …
   */
  async ask(range: RangeAsk | null, signal: AbortSignal): Promise<RemoteAnswer> {
    const network: Network = { ...defaultNetwork, trusted: this.#trusted() };
    let url = new URL(this.#url);
    let headers = this.#headers;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
      const connection = new HttpConnection(originOf(url), this.#pool, network);
      try {
        await connection.connect(signal);
        // One that is closed again has no address to be judged by.
        if (connection.remote === '') throw new SluiceError('connection-lost', { host: url.hostname });
        const isPrivate = this.#isInside(connection.remote.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
        if (this.#first.isInside() === null) this.#first.note(isPrivate);
        if (isPrivate && this.#first.isInside() === false) {
          throw new SluiceError(hops === 0 ? 'moved-inside' : 'bad-redirect', { host: url.hostname });
        }
        const head = await connection.request(requestHead(url, headers, range));
        if (![301, 302, 303, 307, 308].includes(head.status)) {
          return { connection, head, url, verdict: interpret(head, range, url.hostname, Date.now()) };
        }
        ({ url, headers } = redirect(url, fieldValues(head, 'location'), headers));
        connection.destroy();
      } catch (error) {
        connection.destroy();
        signal.throwIfAborted();
        throw error;
      }
    }
    throw new SluiceError('too-many-redirects', { host: url.hostname });
  }

  /** Asks what is there, without its bytes. */
  async facts(signal: AbortSignal): Promise<RemoteFacts> {
    const first: RangeAsk = { start: 0, end: null, identity: null, condition: 'none' };
    let { connection, head, url, verdict } = await this.ask(first, signal);
    connection.destroy();
    if (verdict.kind === 'ask-without') {
      ({ connection, head, url, verdict } = await this.ask(null, signal));
      connection.destroy();
    }
    if ('failure' in verdict) throw new SluiceError(verdict.failure.code, verdict.failure.params);
    const size =
      verdict.kind === 'part' || verdict.kind === 'whole' ? verdict.total : verdict.kind === 'empty' ? 0 : null;
    const hasRanges = (verdict.kind === 'part' && size !== null) || verdict.kind === 'empty';
    const known = { identity: identityOf(head, url, size), resumability: resumabilityOf(head, verdict) };
    return { known, size, hasRanges, head, url };
  }
}
