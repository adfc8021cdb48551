import type { ProbeResult } from '../../../shared/download.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { nameFromContentDisposition, nameFromUrl } from '../files/index.ts';
import { BufferPool } from '../flow/index.ts';
import {
  defaultNetwork,
  field,
  identityOf,
  interpret,
  openRemote,
  parseLink,
  resumabilityOf,
  type Network,
  type RangeAsk,
} from '../remote/index.ts';

/** Asks what a link leads to with the request that a download would send, and closes before the body. */
export async function probeRemote(
  request: { readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined },
  signal: AbortSignal = new AbortController().signal,
  network?: Partial<Network>,
): Promise<ProbeResult> {
  const url = parseLink(request.url);
  const pool = new BufferPool();
  let ask: RangeAsk | null = { start: 0, end: null, identity: null, condition: 'none' };
  for (;;) {
    const exchange = await openRemote({ url: url.href, headers: request.headers ?? {} }, ask, {
      pool,
      signal,
      network: { ...defaultNetwork, ...network },
    });
    exchange.connection.destroy();
    const { head } = exchange;
    const verdict = interpret(head, ask, exchange.url.hostname, Date.now());
    if (verdict.kind === 'ask-without' && ask) {
      ask = null;
      continue;
    }
    if ('failure' in verdict) throw new SluiceError(verdict.failure.code, verdict.failure.params);
    const size = verdict.kind === 'part' || verdict.kind === 'whole' ? verdict.total : 0;
    return {
      name: nameFromContentDisposition(field(head, 'content-disposition') ?? '') ?? nameFromUrl(exchange.url),
      size,
      resumability: resumabilityOf(head, verdict),
      host: exchange.url.host,
      identity: identityOf(head, exchange.url, size),
    };
  }
}
