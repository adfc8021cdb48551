/** Answers without content: errors, redirects, what is allowed. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { endInOrder } from './end-in-order.ts';
import { safeFields } from './safe-fields.ts';

/** What a request is answered with instead of content. Thrown by whatever finds the reason. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];

  constructor(status: number, message: string, fields: readonly string[] = []) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

export const notFound = () => new Refusal(404, 'There is nothing here.');

/** Sends a refusal: one line of text, for a person who looks. */
export function sendRefusal(response: ServerResponse, { status, message, fields }: Refusal): void {
  const body = Buffer.from(`${message}\n`);
  // prettier-ignore
  response.writeHead(status, [
    ...safeFields, ...fields, 'Cache-Control', 'no-store',
    'Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length),
  ]);
  if (response.req.method === 'HEAD') response.end();
  else response.end(body);
}

/** Refuses before there is a request to answer, and ends the connection. */
export function refuseSocket(socket: Duplex, status: number, fields = ''): void {
  if (socket.writable) {
    const body = `${STATUS_CODES[status] ?? 'Refused'}\n`;
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n${fields}` +
        `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
  endInOrder(socket);
}
