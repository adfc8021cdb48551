/**
 * Finds the messages in what the server sends (PostgreSQL manual, 55.7: a type byte, an Int32 length that counts itself,
 * a body), and passes the bodies of rows on in place. Only a message that lies over two chunks is copied.
 */

const DATA_ROW = 68; // 'D'
const HEADER = 5;
/** A message is at most 1 GB long (PostgreSQL's MaxAllocSize): what says more is no message. */
const LONGEST = 0x4000_0000;
/** The memory for messages over two chunks is kept up to this size. */
const KEPT = 256 * 1024;

export interface SplitterHandlers {
  /** A row's body at `start`…`end` of `chunk`, valid during the call only. */
  readonly row: (chunk: Buffer, start: number, end: number) => void;
  /** All messages that a chunk completes were passed on; what the last call of `row` got is valid still. */
  readonly pass: () => void;
  /** Any other message, whole, with its header. A copy: it may be kept. */
  readonly other: (type: number, message: Buffer) => void;
}

export class RowSplitter {
  readonly #handlers: SplitterHandlers;
  /** The beginning of a message whose end has not come. */
  #part = Buffer.allocUnsafeSlow(64 * 1024);
  #have = 0;
  /** Bytes of that message, header included; 0 while its header is not complete. */
  #need = 0;

  constructor(handlers: SplitterHandlers) {
    this.#handlers = handlers;
  }

  /** @throws Error where the bytes are no messages */
  push(chunk: Buffer): void {
    const { row } = this.#handlers;
    let at = 0;
    try {
      if (this.#have > 0) at = this.#complete(chunk);
      while (at + HEADER <= chunk.length) {
        const end = at + 1 + lengthAt(chunk, at + 1);
        if (end > chunk.length) break;
        if (chunk[at] === DATA_ROW) row(chunk, at + HEADER, end);
        else this.#handlers.other(chunk[at] as number, Buffer.from(chunk.subarray(at, end)));
        at = end;
      }
    } finally {
      // Also of rows before what is no message: they were passed on.
      this.#handlers.pass();
    }
    if (at < chunk.length) this.#keep(chunk, at);
  }

  /** Keeps the message that begins at `at`, and whose end is to come. */
  #keep(chunk: Buffer, at: number): void {
    this.#need = at + HEADER <= chunk.length ? 1 + lengthAt(chunk, at + 1) : 0;
    this.#reserve(this.#need);
    this.#have = chunk.copy(this.#part, 0, at);
  }

  /** Adds to the kept message. Returns where the next one begins in the chunk. */
  #complete(chunk: Buffer): number {
    let at = 0;
    if (this.#need === 0) {
      at = chunk.copy(this.#part, this.#have, 0, HEADER - this.#have);
      this.#have += at;
      if (this.#have < HEADER) return at;
      this.#need = 1 + lengthAt(this.#part, 1);
      this.#reserve(this.#need);
    }
    const copied = chunk.copy(this.#part, this.#have, at, at + this.#need - this.#have);
    this.#have += copied;
    if (this.#have < this.#need) return at + copied;

    const part = this.#part;
    const end = this.#need;
    this.#have = 0;
    this.#need = 0;
    if (part[0] === DATA_ROW) this.#handlers.row(part, HEADER, end);
    else this.#handlers.other(part[0] as number, Buffer.from(part.subarray(0, end)));
    // A row of 50 MB does not make all that follow cost 50 MB.
    if (part.length > KEPT) this.#part = Buffer.allocUnsafeSlow(64 * 1024);
    return at + copied;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#part.length) return;
    const larger = Buffer.allocUnsafeSlow(bytes > KEPT ? bytes : KEPT);
    this.#part.copy(larger, 0, 0, this.#have);
    this.#part = larger;
  }
}

function lengthAt(chunk: Buffer, at: number): number {
  const length =
    ((chunk[at] as number) << 24) |
    ((chunk[at + 1] as number) << 16) |
    ((chunk[at + 2] as number) << 8) |
    (chunk[at + 3] as number);
  if (length < 4 || length > LONGEST) throw new Error(`the server sent a message of ${length} bytes`);
  return length;
}
