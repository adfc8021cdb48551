import { failure } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import {
  interpret,
  openRemote,
  redactedLines,
  type Exchange,
  type Network,
  type RangeAsk,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';
import type { Source } from './source.ts';

/** Requests to the links of a download's sources, redirects and all; the last one to its own link is kept for show. */
export class LinkRequests {
  readonly #context: { readonly pool: BufferPool; readonly network: Network };
  readonly #signal: AbortSignal;
  /** Lines of the last request to the download's own link, secrets hidden, and of its answer. */
  sent: readonly string[] = [];
  response: readonly string[] = [];

  /** @param context read with every request: whom the network trusts may change meanwhile */
  constructor(context: { readonly pool: BufferPool; readonly network: Network }, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Sends one request to a source's own link and judges the answer. */
  async ask(source: Source, range: RangeAsk | null): Promise<{ exchange: Exchange; verdict: Verdict }> {
    const { pool, network } = this.#context;
    const exchange = await openRemote(source, range, { pool, network, signal: this.#signal });
    if (!source.isMirror) {
      this.sent = redactedLines(exchange.sent);
      this.response = headLines(exchange.head);
    }
    try {
      const { head, url } = exchange;
      return { exchange, verdict: saidBy(url, interpret(head, range, url.hostname, Date.now())) };
    } catch (error) {
      exchange.connection.destroy();
      throw error;
    }
  }
}

/** A refusal with the origin that it comes from: after a redirect, credentials for it are nothing for the link's own. */
export function saidBy({ origin }: URL, verdict: Verdict): Verdict {
  if (verdict.kind !== 'refused') return verdict;
  const { code, params } = verdict.failure;
  return { ...verdict, failure: failure(code, { ...params, origin }) };
}

function headLines(head: ResponseHead): string[] {
  const hidden = (name: string, value: string) => (name === 'set-cookie' ? '••••' : value);
  return [
    `HTTP/1.${head.minor} ${head.status} ${head.reason}`,
    ...head.fields.map(([name, value]) => `${name}: ${hidden(name, value)}`),
  ];
}
