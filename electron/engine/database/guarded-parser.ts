/** What pg is given to parse, whoever answers: a broken message ends the session, and not this process. */
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { RowSplitter } from './row-splitter.ts';

/** ErrorResponse and NoticeResponse. */
const WORDS: ReadonlySet<number> = new Set([69, 78]);
/** A question for a login, and the ways to log in that pg does not know: Kerberos, GSSAPI and SSPI. */
const LOGIN = 82;
const UNKNOWN_LOGINS: ReadonlySet<number> = new Set([2, 7, 8, 9]);
const HEADER = 5;

/** What this file uses of pg's connection beyond its types. */
interface Connection {
  /** Parses what comes from a stream. */
  attachListeners(stream: EventEmitter): void;
}

/**
 * Stands between the stream and pg's parser, which throws out of the socket's event where lengths do not fit, and does not
 * come back from an error without its end. Before the client connects. `unknownLogin`: the failure where the server asks
 * for a login that pg does not know.
 */
export function guardParser(connection: Connection, unknownLogin: () => Error): void {
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    const checked = new EventEmitter();
    attach(checked);
    const other = (type: number, message: Buffer) => {
      if (WORDS.has(type)) refuseEndless(message);
      if (type === LOGIN && UNKNOWN_LOGINS.has(message.readInt32BE(HEADER))) throw unknownLogin();
    };
    const splitter = new RowSplitter({ row() {}, pass() {}, other });
    stream.on('data', (chunk: Buffer) => {
      try {
        splitter.push(chunk);
        checked.emit('data', chunk);
      } catch (error) {
        (stream as Duplex).destroy(error as Error);
      }
    });
  };
}

/** Fields of a type byte and a text that ends in a zero, and a zero after the last (PostgreSQL manual, 55.7). */
function refuseEndless(message: Buffer): void {
  let at = HEADER;
  while (message[at] !== 0) {
    const end = message.indexOf(0, at + 1);
    if (end === -1 || end + 1 >= message.length) throw new Error('the server sent an error without its end');
    at = end + 1;
  }
}
