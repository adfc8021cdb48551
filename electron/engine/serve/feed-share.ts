/** A share of a capture: its records, live, as NDJSON or as server-sent events, to any number of readers. */
import { toFailure } from '../../../shared/failure.ts';
import type { LiveRecord, LiveStart } from '../capture/index.ts';
import { notFound, Refusal } from './refusal.ts';
import { safeFields } from './safe-fields.ts';
import type { Call, Service, ServeTools } from './service.ts';

/** Bytes that wait for one reader at most; what does not fit is missed, and said to be. */
const MOST_WAITING = 256 * 1024;
/** Ms of silence after which a sign of life is sent: it finds readers that are gone. */
const QUIET = 15_000;

type Form = 'ndjson' | 'sse';

export function feedShare(job: string, { world }: ServeTools): Service {
  return {
    linkName: 'feed.ndjson',
    methods: [],
    size: null,
    get trouble() {
      try {
        world.captureName(job);
        return null;
      } catch (error) {
        return toFailure(error).message;
      }
    },
    async answer(call) {
      const form = formOf(call);
      const { request, transfer } = call;
      const fields = [
        ...safeFields,
        'Content-Type',
        form === 'sse' ? 'text/event-stream' : 'application/x-ndjson; charset=utf-8',
        'Cache-Control',
        'no-store',
        'Vary',
        'Accept',
      ];
      if (request.method === 'HEAD') {
        transfer.response.writeHead(200, fields).end();
        return;
      }
      const after = startAfter(call);
      const queue = new FeedQueue(form);
      const stop = world.listen(job, after, {
        begin: (start) => queue.begin(start),
        record: (record) => queue.add(record),
        end: () => queue.end(),
      });
      if (!stop) throw new Refusal(503, 'The capture does not run now.', ['Retry-After', '5']);
      const gone = () => queue.end();
      transfer.signal.addEventListener('abort', gone, { once: true });
      try {
        transfer.response.writeHead(200, fields);
        transfer.response.flushHeaders();
        for (;;) {
          const waited = performance.now();
          const bytes = await queue.take();
          transfer.waited.source += performance.now() - waited;
          if (!bytes) break;
          await transfer.limited(bytes.length);
          await transfer.write(bytes, null);
        }
        transfer.response.end();
      } finally {
        stop();
        queue.end();
        transfer.signal.removeEventListener('abort', gone);
      }
    },
    close() {},
  };
}

/** By the name at the end of the link, else by Accept. */
function formOf({ target, request }: Call): Form {
  const [name = '', ...more] = target.segments;
  if (more.length > 0 || !['', 'feed.ndjson', 'feed.sse', 'feed'].includes(name)) throw notFound();
  if (name === 'feed.sse') return 'sse';
  return /\btext\/event-stream\b/.test(request.headers.accept ?? '') ? 'sse' : 'ndjson';
}

/** The record after which to begin: Last-Event-ID as browsers send it again, or ?after= for others; null: live. */
function startAfter({ request, target }: Call): string | null {
  return request.headers['last-event-id']?.toString() ?? new URLSearchParams(target.query).get('after');
}

/** What waits for one reader: bounded, and honest about what it could not hold. */
class FeedQueue {
  readonly #form: Form;
  #waiting: Buffer[] = [];
  #bytes = 0;
  /** The newest record that was put here, or that the reader says it has. */
  #last: number | null = null;
  #epoch = '';
  /** The newest record of all. */
  #newest = 0;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(form: Form) {
    this.#form = form;
  }

  begin({ epoch, has, newest, takenBack }: LiveStart): void {
    this.#epoch = epoch;
    this.#last = has;
    this.#newest = newest;
    if (takenBack > 0) this.#waiting.push(Buffer.from(this.#tell('taken-back', takenBack)));
  }

  add(record: LiveRecord): void {
    if (this.#isOver) return;
    this.#newest = record.number;
    const missed = this.#last === null ? 0 : record.number - this.#last - 1;
    const bytes = this.#write(record, missed);
    // It stays missed until there is room to say so: numbers tell how many.
    if (this.#bytes > 0 && this.#bytes + bytes.length > MOST_WAITING) return;
    this.#last = record.number;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#notify();
  }

  end(): void {
    this.#isOver = true;
    this.#notify();
  }

  /** All that waits, as one piece; a sign of life where nothing comes; null at the end. */
  async take(): Promise<Buffer | null> {
    this.#tellTail();
    if (this.#waiting.length === 0 && !this.#isOver) {
      const timer = setTimeout(() => {
        // Both are passed over by whoever reads lines or events.
        this.#waiting.push(Buffer.from(this.#form === 'sse' ? ':\n\n' : '\n'));
        this.#notify();
      }, QUIET);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      clearTimeout(timer);
    }
    if (this.#waiting.length === 0) return null;
    const all = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** What was missed last is told once there is room, not with a next record that may never come. */
  #tellTail(): void {
    if (this.#waiting.length > 0 || this.#last === null || this.#newest <= this.#last) return;
    this.#waiting.push(Buffer.from(this.#note(this.#newest - this.#last)));
    this.#last = this.#newest;
  }

  #note(missed: number): string {
    return missed > 0 ? this.#tell('missed', missed) : '';
  }

  #tell(what: 'missed' | 'taken-back', records: number): string {
    if (this.#form === 'ndjson') return `{"sluice":"${what}","records":${records}}\n`;
    return `event: ${what}\ndata: ${records}\n\n`;
  }

  #write({ number, data }: LiveRecord, missed: number): Buffer {
    const text = data.toString('utf8').replace(/\r?\n$/, '');
    if (this.#form === 'sse') {
      const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
      return Buffer.from(`${this.#note(missed)}id: ${this.#epoch}-${number}\n${lines.join('')}\n`);
    }
    return Buffer.from(`${this.#note(missed)}${isJsonLine(text) ? text : JSON.stringify(text)}\n`);
  }
}

function isJsonLine(text: string): boolean {
  if (/[\r\n]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
