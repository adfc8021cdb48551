/** The door of shares with a password. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptedType } from './accepted-type.ts';
import type { ActiveShare } from './active-share.ts';
import type { Limits } from './face.ts';
import { loginPage, loginPolicy } from './login-page.ts';
import { basicPassword, PasswordGate, sameSecret } from './password.ts';
import { readBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { formFields, safeFields } from './safe-fields.ts';
import type { Vault } from './vault.ts';

const CHALLENGE = ['WWW-Authenticate', 'Basic realm="Sluice", charset="UTF-8"'];

export class LoginDesk {
  readonly #vault: Vault;
  /** Ms for the body of a form. */
  readonly #bodyTime: number;
  readonly #gate = new PasswordGate();

  constructor(vault: Vault, { headTime }: Pick<Limits, 'headTime'>) {
    this.#vault = vault;
    this.#bodyTime = headTime;
  }

  /**
   * Lets a request pass to a share, or answers it: a browser with a page that asks, a program with 401.
   * @throws Refusal
   */
  async require(
    share: ActiveShare,
    request: IncomingMessage,
    response: ServerResponse,
    base: string,
    secure: boolean,
  ): Promise<void> {
    const { password: stored, id } = share.record;
    if (stored === null) return;
    const { headers } = request;
    // Named by the password too: a changed one ends every session.
    const proof = this.#vault.proof(`${id} ${stored}`);
    const cookie = /(?:^|;\s*)sluice=([\w-]+)/.exec(headers.cookie ?? '')?.[1];
    if (cookie !== undefined && sameSecret(cookie, proof)) return;

    const address = request.socket.remoteAddress ?? '';
    const basic = basicPassword(headers);
    if (basic !== null) {
      if (await this.#gate.check(stored, basic, address)) return;
      throw new Refusal(401, 'That is not the password.', CHALLENGE);
    }
    // Who likes a page better than a line of text is a person.
    const isBrowser = acceptedType(request, ['text/plain', 'text/html']) === 'text/html';
    if (request.method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      if (headers.expect !== undefined) response.writeContinue();
      const form = await readBody(request, 8192, this.#bodyTime);
      const given = new URLSearchParams(form.toString('utf8')).get('password') ?? '';
      if (await this.#gate.check(stored, given, address)) {
        const attributes = `Path=${base}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
        const location = (request.url ?? '').replace(/^https?:\/\/[^/]+/i, '');
        // prettier-ignore
        response.writeHead(303, [
          ...safeFields, 'Set-Cookie', `sluice=${proof}; ${attributes}`, 'Location', location,
          'Cache-Control', 'no-store', 'Content-Length', '0',
        ]).end();
        return;
      }
      sendPage(response, loginPage(share.record.options.name, true));
      return;
    }
    if (!isBrowser) throw new Refusal(401, 'This link needs its password.', CHALLENGE);
    sendPage(response, loginPage(share.record.options.name, false));
  }
}

/** 403, not 401: a browser would ask by itself, with a dialog that says less. */
function sendPage(response: ServerResponse, html: string): void {
  const body = Buffer.from(html);
  // prettier-ignore
  response.writeHead(403, [
    ...formFields, 'Content-Security-Policy', loginPolicy, 'Content-Type', 'text/html; charset=utf-8',
    'Content-Length', String(body.length), 'Cache-Control', 'no-store',
  ]);
  if (response.req.method === 'HEAD') response.end();
  else response.end(body);
}
