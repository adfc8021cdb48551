import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import { HttpConnection } from './http-connection.ts';
import { originOf, type Network } from './socket.ts';
import { redirect, requestHead, type RangeAsk, type RemoteRequest } from './request.ts';
import { fieldValues, type ResponseHead } from './response-head.ts';

/** An answer whose body has not been read: read it, or destroy the connection. */
export interface Exchange {
  readonly connection: HttpConnection;
  readonly head: ResponseHead;
  /** The URL that answered in the end, credentials included. */
  readonly url: URL;
  /** Headers to send to that URL: what is left after redirects to other origins. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request as sent. */
  readonly sent: string;
}

/** Browsers stop at 20 (fetch standard, “HTTP-redirect fetch”). */
const MAX_REDIRECTS = 20;

/** True for an answer that says where to ask instead. */
export function isRedirect({ status }: ResponseHead): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/**
 * Sends one GET and follows redirects; the range goes along with each (fault 50).
 * @throws the network's failures, too-many-redirects, bad-redirect, insecure-redirect, bad-response
 */
export async function openRemote(
  request: RemoteRequest,
  range: RangeAsk | null,
  context: { pool: BufferPool; signal: AbortSignal; network?: Network | undefined },
): Promise<Exchange> {
  let url = new URL(request.url);
  let headers = request.headers;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const connection = new HttpConnection(originOf(url), context.pool, context.network);
    try {
      await connection.connect(context.signal);
      const sent = requestHead(url, headers, range);
      const head = await connection.request(sent);
      if (!isRedirect(head)) return { connection, head, url, headers, sent };
      const next = redirect(url, fieldValues(head, 'location'), headers, request.plainHttp);
      url = next.url;
      headers = next.headers;
      connection.destroy();
    } catch (error) {
      connection.destroy();
      context.signal.throwIfAborted();
      throw error;
    }
  }
  throw new SluiceError('too-many-redirects', { host: url.hostname });
}
