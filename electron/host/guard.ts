/**
 * Who may talk to the local server: only requests that name this server (DNS rebinding), that come from its own page or
 * from no page at all, and that hold the token. Pure, so that every exploit is a line in a test.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { socketProtocol, tokenProtocol } from '../app/index.ts';

/** An HTTP status and its reason; null where the request may pass. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly reason: string;
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The Host field must name this server: a page of another site whose name was rebound to 127.0.0.1 sends its own name.
 * RFC 9110 §7.4: 421 for a request that was not meant for this server.
 */
export function refuseHost(headers: IncomingHttpHeaders, port: number): Refusal | null {
  const host = headers.host?.toLowerCase();
  return loopbackNames.some((name) => host === `${name}:${port}`)
    ? null
    : { status: 421, reason: 'This server answers to its loopback address only.' };
}

/** Where a browser says which page asks (Origin), it must be ours. */
export function refuseOrigin(headers: IncomingHttpHeaders, port: number): Refusal | null {
  const { origin } = headers;
  return origin === undefined || loopbackNames.some((name) => origin === `http://${name}:${port}`)
    ? null
    : { status: 403, reason: 'Other sites may not use this server.' };
}

/** `Authorization: Bearer TOKEN`, as scripts send it. */
export function refuseBearer(headers: IncomingHttpHeaders, token: string): Refusal | null {
  const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return given !== undefined && sameSecret(given, token)
    ? null
    : { status: 401, reason: 'Send the token as “Authorization: Bearer TOKEN”.' };
}

/** The token as a WebSocket subprotocol, the only place where a browser lets a page put one. */
export function refuseSocketToken(headers: IncomingHttpHeaders, token: string): Refusal | null {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.includes(socketProtocol) && offered.some((name) => sameSecret(name, tokenProtocol(token)))
    ? null
    : { status: 401, reason: 'Open the link that Sluice printed.' };
}

/** Compares hashes, so that the time taken tells neither length nor prefix. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
