/** Sends bytes over a socket and reads the answers as they come, without any library's opinion. */
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly version: string;
  /** Names in lower case; several lines of one name are joined by “, ”. */
  readonly fields: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  readonly body: Buffer;
  /** False where the connection ended before the length that was promised. */
  readonly complete: boolean;
}

export interface Conversation {
  readonly answers: readonly Answer[];
  /** Bytes after the last answer that are no answer. */
  readonly rest: Buffer;
  /** True where the server closed. */
  readonly closed: boolean;
}

/** Sends `text` and reads until the server closes, `count` answers came whole, or `patience` ms passed in silence. */
export async function converse(
  port: number,
  text: string,
  {
    count = Infinity,
    patience = 4_000,
    address = '127.0.0.1',
  }: { count?: number; patience?: number; address?: string } = {},
): Promise<Conversation> {
  const methods = [...text.matchAll(/^([A-Z]+) \S.* HTTP\/\d\.\d\r?$/gm)].map((match) => match[1] ?? '');
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: address, allowHalfOpen: true });
  const closed = await new Promise<boolean>((resolve) => {
    socket.setTimeout(patience, () => resolve(false));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (count === Infinity) return;
      const { answers } = parse(Buffer.concat(chunks), methods, false);
      if (answers.filter(({ complete }) => complete).length >= count) resolve(false);
    });
    socket.once('end', () => resolve(true));
    socket.once('error', () => resolve(true));
    socket.write(text, 'latin1');
  });
  socket.destroy();
  const { answers, rest } = parse(Buffer.concat(chunks), methods, closed);
  return { answers, rest, closed };
}

function parse(bytes: Buffer, methods: readonly string[], closed: boolean): { answers: Answer[]; rest: Buffer } {
  const answers: Answer[] = [];
  let rest = bytes;
  let asked = 0;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) break;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const start = /^(HTTP\/\d\.\d) (\d{3})/.exec(first);
    if (!start) break;
    rest = rest.subarray(end + 4);
    const fields: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
    }
    const status = Number(start[2]);
    const head = { status, version: start[1] ?? '', fields, lines };
    if (status < 200) {
      answers.push({ ...head, body: Buffer.alloc(0), complete: true });
      continue;
    }
    const method = methods[asked] ?? 'GET';
    asked += 1;
    if (method === 'HEAD' || status === 204 || status === 304) {
      answers.push({ ...head, body: Buffer.alloc(0), complete: true });
      continue;
    }
    if (fields['transfer-encoding'] === 'chunked') {
      const { body, after } = unchunk(rest);
      answers.push({ ...head, body, complete: after !== null });
      rest = after ?? Buffer.alloc(0);
      continue;
    }
    const length = fields['content-length'] === undefined ? rest.length : Number(fields['content-length']);
    const complete = fields['content-length'] === undefined ? closed : rest.length >= length;
    answers.push({ ...head, body: rest.subarray(0, length), complete });
    rest = rest.subarray(length);
  }
  return { answers, rest };
}

function unchunk(bytes: Buffer): { body: Buffer; after: Buffer | null } {
  const parts: Buffer[] = [];
  for (let rest = bytes; ;) {
    const end = rest.indexOf('\r\n');
    if (end === -1) return { body: Buffer.concat(parts), after: null };
    const length = Number.parseInt(rest.subarray(0, end).toString('latin1'), 16);
    const chunk = rest.subarray(end + 2, end + 2 + length);
    parts.push(chunk);
    if (length === 0) return { body: Buffer.concat(parts), after: rest.subarray(end + 4) };
    rest = rest.subarray(end + 4 + length);
  }
}
