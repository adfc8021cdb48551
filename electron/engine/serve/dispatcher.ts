/** From a request to the share that answers it: every question of who may ask what is asked here, in this order. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ActiveShare } from './active-share.ts';
import type { Face, FaceUser, Limits } from './face.ts';
import type { LoginDesk } from './login.ts';
import { countLines } from './field-lines.ts';
import { notFound, Refusal, sendRefusal } from './refusal.ts';
import { authorityOf, MOST_TARGET, parseTarget } from './request-target.ts';
import { safeFields } from './safe-fields.ts';
import type { Call } from './service.ts';
import { ReaderGone, Transfer } from './transfer.ts';

const READS = ['GET', 'HEAD', 'OPTIONS'];
const allow = (methods: readonly string[]) => ['Allow', methods.join(', ')];

export interface DispatcherWorld {
  readonly limits: Limits;
  /** Finds a share by the secret of its link, in constant time. */
  find(token: string): ActiveShare | null;
  /** Names of this computer in its networks, in lower case. */
  names(): readonly string[];
  readonly login: LoginDesk;
  /** An error that nobody expected. */
  bug(error: unknown): void;
}

export class Dispatcher implements FaceUser {
  readonly limits: Limits;
  readonly #world: DispatcherWorld;
  /** What a connection carries now, and what it carried last and is not yet sure to have arrived. */
  readonly #running = new WeakMap<Socket, Transfer>();
  readonly #unsure = new WeakMap<Socket, { transfer: Transfer; share: ActiveShare }>();
  /** Connections whose end confirms what was unsure: asked once each, however many answers they carry. */
  readonly #watched = new WeakSet<Socket>();

  constructor(world: DispatcherWorld) {
    this.limits = world.limits;
    this.#world = world;
  }

  isOurTurn(socket: Socket): boolean {
    const transfer = this.#running.get(socket);
    if (!transfer || transfer.writing.since > 0) return false;
    // Of an upload it is the sender's turn until all of it has come.
    return transfer.response.req.complete && !transfer.response.writableEnded;
  }

  answer(request: IncomingMessage, response: ServerResponse, face: Face): void {
    const { socket } = request;
    this.#confirm(socket);
    // A body that nobody asked for is not read: the connection ends with the answer.
    const { shouldKeepAlive: keepsAlive } = response;
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody) response.shouldKeepAlive = false;
    this.#answer(request, response, face, keepsAlive).catch((error: unknown) => {
      if (error instanceof Refusal && !response.headersSent) {
        this.#noteRefused(request, error.status);
        sendRefusal(response, error);
        return;
      }
      // A length was promised that cannot be kept, or nobody is there to be told. To HTTP/1.0 none was promised: an end in
      // order would be that of the body (RFC 9112 §8). TLS has no reset, and an end without its closing alert is none in order.
      if (request.httpVersionMinor === 0 && !face.secure) request.socket.resetAndDestroy();
      else response.destroy();
      if (!(error instanceof ReaderGone) && !isExpected(error)) this.#world.bug(error);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, face: Face, keepsAlive: boolean): Promise<void> {
    const { method = '', url = '' } = request;
    if (request.httpVersionMajor !== 1) throw new Refusal(505, 'HTTP/1.1 is spoken here.');
    this.#requireHost(request, face);
    if (method === 'OPTIONS' && url === '*') {
      response.writeHead(204, [...safeFields, ...allow(READS)]).end();
      return;
    }
    if (url.length > MOST_TARGET) throw new Refusal(414, 'That link is too long.');
    if (method === 'CONNECT' || method === 'TRACE') throw new Refusal(405, 'Not here.', allow(READS));
    const target = parseTarget(url);
    const share = target && this.#world.find(target.token);
    if (!target || !share || !isFor(share, face)) {
      if (!READS.includes(method)) throw new Refusal(405, 'Not here.', allow(READS));
      throw notFound();
    }
    requireOn(share);
    this.#requireOrigin(request, face);
    const { password } = share.record;
    await this.#world.login.require(share, request, response, `/s/${share.token}`, face.secure);
    // That takes its time: the share may have been revoked meanwhile, or changed.
    if (this.#world.find(target.token) !== share || !isFor(share, face)) throw notFound();
    if (share.record.password !== password) throw new Refusal(403, 'The password was changed. Ask again.');
    requireOn(share);
    if (response.writableEnded) {
      // A form with the wrong password is answered with the form again.
      if (method === 'POST' && response.statusCode === 403) this.#noteRefused(request, 403);
      return;
    }
    const methods = [...READS, ...share.service.methods];
    if (!methods.includes(method)) throw new Refusal(405, 'This link is for reading.', allow(methods));
    if (method === 'OPTIONS' && !share.service.methods.includes('OPTIONS')) {
      response.writeHead(204, [...safeFields, ...allow(methods)]).end();
      return;
    }
    const { options } = share.record;
    await this.#serve(share, { request, target, keepsAlive, base: `/s/${share.token}`, options }, response);
  }

  async #serve(share: ActiveShare, asked: Omit<Call, 'transfer'>, response: ServerResponse): Promise<void> {
    const { request, target } = asked;
    const { socket } = request;
    const transfer = new Transfer(share, response, {
      address: socket.remoteAddress ?? '',
      agent: request.headers['user-agent']?.slice(0, 200) ?? '',
      path: `/${target.segments.join('/')}`,
      method: request.method ?? '',
    });
    if (share.isSpokenFor(transfer)) throw new Refusal(503, 'Somebody else takes it now.', ['Retry-After', '15']);
    this.#running.set(socket, transfer);
    share.begin(transfer);
    let whole = false;
    try {
      await share.service.answer({ ...asked, transfer });
      whole = true;
    } catch (error) {
      if (!(error instanceof Refusal) || response.headersSent) throw error;
      sendRefusal(response, error);
    } finally {
      if (this.#running.get(socket) === transfer) this.#running.delete(socket);
      share.end(transfer);
      if (whole && !socket.destroyed) this.#awaitConfirmation(socket, transfer, share);
      else share.delivered(transfer, false);
    }
  }

  /** The owner of a link sees who tried it in vain. Of what names no share nobody is told. */
  #noteRefused({ url = '', method = '', socket }: IncomingMessage, status: number): void {
    const target = parseTarget(url);
    const share = target && this.#world.find(target.token);
    const address = socket.remoteAddress ?? '';
    const path = `/${target?.segments.join('/')}`;
    share?.log.refused({ at: Date.now(), address, method, path, status, sent: 0, took: 0 });
  }

  /** An answer counts as delivered when its reader asks for the next, or closes in order. */
  #awaitConfirmation(socket: Socket, transfer: Transfer, share: ActiveShare): void {
    if (share.record.options.deliveries === null || transfer.subject === null) {
      share.delivered(transfer, false);
      return;
    }
    this.#unsure.set(socket, { transfer, share });
    if (this.#watched.has(socket)) return;
    this.#watched.add(socket);
    socket.once('close', (hadError) => this.#confirm(socket, !hadError));
  }

  #confirm(socket: Socket, whole = true): void {
    const unsure = this.#unsure.get(socket);
    if (!unsure) return;
    this.#unsure.delete(socket);
    unsure.share.delivered(unsure.transfer, whole);
  }

  /** RFC 9112 §3.2: one Host, and both it and an absolute target name us. RFC 9110 §7.4: 421 where they do not. */
  #requireHost(request: IncomingMessage, face: Face): void {
    if (countLines(request, 'host') > 1) throw new Refusal(400, 'Two hosts were named.');
    const { host } = request.headers;
    const named = [host, authorityOf(request.url ?? '')].filter(
      (authority) => authority !== null && authority !== undefined,
    );
    const names = this.#world.names();
    if (named.length === 0 || !named.every((authority) => face.isOurs(authority, names))) {
      throw new Refusal(421, 'This server answers to its own address only.');
    }
  }

  /** Where a browser says which page asks, a page of another site may not change anything here. */
  #requireOrigin(request: IncomingMessage, face: Face): void {
    const { origin } = request.headers;
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD') return;
    const authority = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
    if (authority === undefined || !face.isOurs(authority, this.#world.names())) {
      throw new Refusal(403, 'Other sites may not do that.');
    }
  }
}

/** True where who comes this way may know of the share. */
function isFor(share: ActiveShare, face: Face): boolean {
  return face.isLocal || share.record.options.audience !== 'this-computer';
}

/** @throws Refusal */
function requireOn(share: ActiveShare): void {
  if (share.expiredAt() !== null) throw new Refusal(410, 'This link has expired.');
}

/** Trouble of the disk or of another server in the middle of an answer: not ours, and the reader sees that it ended. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof Error &&
    ('code' in error || /^(ShortFile|NotServed|Refusal|SluiceError|AbortError)$/.test(error.name))
  );
}
