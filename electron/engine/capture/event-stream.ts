import { LineSplitter, tooLong } from './line-splitter.ts';

/** An event as it is dispatched (HTML standard, 9.2.6). */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The id of this event's own `id` line; null where it has none. */
  readonly id: string | null;
  /** The last event id, be it of an earlier event. */
  readonly lastId: string;
}

export interface EventStreamHandlers {
  /** The stream asks for this many ms before a reconnection. */
  readonly onRetry: (ms: number) => void;
  /** An event was larger than allowed, and passed over. */
  readonly onTooLarge: () => void;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads an event stream as the HTML standard says (9.2.6), with one rule more: an event of more than `most` bytes is
 * passed over as it comes, so that memory stays bounded and the stream goes on. That is what eventsource-parser, against
 * which this is tested, cannot do.
 */
export class EventStream {
  readonly #most: number;
  readonly #handlers: EventStreamHandlers;
  readonly #lines: LineSplitter;
  #isFirst = true;
  #type = '';
  #data: string[] = [];
  #bytes = 0;
  #id: string | null = null;
  #lastId: string;
  #skips = false;

  /** `lastId`: the last event id of the connection before. */
  constructor(most: number, lastId: string, handlers: EventStreamHandlers) {
    this.#most = most;
    this.#lastId = lastId;
    this.#handlers = handlers;
    this.#lines = new LineSplitter(most, 'any');
  }

  /** Events that are complete with this chunk. What is begun when the stream ends is none. */
  *push(chunk: Buffer): Generator<StreamEvent> {
    for (const line of this.#lines.push(chunk)) {
      if (line === tooLong) {
        this.#skips = true;
        this.#data = [];
        continue;
      }
      const event = line.length === 0 ? this.#dispatch() : this.#take(line);
      if (event) yield event;
    }
  }

  #take(bytes: Buffer): null {
    let line = bytes;
    if (this.#isFirst) {
      this.#isFirst = false;
      if (line.subarray(0, 3).equals(BOM)) line = line.subarray(3);
    }
    const text = line.toString('utf8');
    const colon = text.indexOf(':');
    if (colon === 0) return null;
    const name = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? '' : text.slice(text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    switch (name) {
      case 'data':
        this.#bytes += line.length;
        if (this.#bytes > this.#most) {
          this.#skips = true;
          this.#data = [];
        } else if (!this.#skips) {
          this.#data.push(value);
        }
        return null;
      case 'event':
        this.#type = value;
        return null;
      case 'id':
        if (!value.includes('\0')) this.#id = value;
        return null;
      case 'retry':
        if (/^\d+$/.test(value)) this.#handlers.onRetry(Number(value));
        return null;
      default:
        return null;
    }
  }

  #dispatch(): StreamEvent | null {
    this.#isFirst = false;
    const [id, type, data, skips] = [this.#id, this.#type, this.#data, this.#skips];
    this.#id = null;
    this.#type = '';
    this.#data = [];
    this.#bytes = 0;
    this.#skips = false;
    this.#lastId = id ?? this.#lastId;
    if (skips) this.#handlers.onTooLarge();
    if (skips || data.length === 0) return null;
    return { id, lastId: this.#lastId, type: type === '' ? 'message' : type, data: data.join('\n') };
  }
}
