/** A share of a capture: its records, live, as NDJSON or as server-sent events, to any number of readers. */
import { toFailure } from '../../../shared/failure.ts';
import type { LiveRecord, LiveStart } from '../capture/index.ts';
import { acceptedType } from './accepted-type.ts';
import { notFound, Refusal } from './refusal.ts';
import { safeFields } from './safe-fields.ts';
import type { Call, Service, ServeTools } from './service.ts';

/** Bytes of records that are taken for one reader at a time; it is the capture's ring that holds what it has still to get. */
const AT_ONCE = 256 * 1024;
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
        more: (newest) => queue.more(newest),
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

/** As `feed.sse` says, else by Accept: the link that is shown works in an EventSource too. */
function formOf({ target, request }: Call): Form {
  const [name = '', ...more] = target.segments;
  if (more.length > 0 || !['', 'feed.ndjson', 'feed.sse', 'feed'].includes(name)) throw notFound();
  if (name === 'feed.sse') return 'sse';
  return acceptedType(request, ['application/x-ndjson', 'text/event-stream']) === 'text/event-stream'
    ? 'sse'
    : 'ndjson';
}

/** The record after which to begin: Last-Event-ID as browsers send it again, or ?after= for others; null: live. */
function startAfter({ request, target }: Call): string | null {
  return request.headers['last-event-id']?.toString() ?? new URLSearchParams(target.query).get('after');
}

/** What one reader has still to get, taken from the ring when it has room; and honest about what is not there any more. */
class FeedQueue {
  readonly #form: Form;
  #start: LiveStart | null = null;
  /** The newest record that was taken, or that the reader was told it missed. */
  #last = 0;
  /** The newest record of all. */
  #newest = 0;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(form: Form) {
    this.#form = form;
  }

  begin(start: LiveStart): void {
    this.#start = start;
    this.#last = start.has ?? start.newest;
    this.#newest = start.newest;
  }

  more(newest: number): void {
    this.#newest = newest;
    this.#notify();
  }

  end(): void {
    this.#isOver = true;
    this.#notify();
  }

  /** What comes next, as one piece; a sign of life where nothing comes; null at the end. */
  async take(): Promise<Buffer | null> {
    for (;;) {
      const pieces = this.#pieces();
      if (pieces.length > 0) return Buffer.concat(pieces);
      if (this.#isOver) return null;
      // Passed over by whoever reads lines or events.
      if (!(await this.#waited())) return Buffer.from(this.#form === 'sse' ? ':\n\n' : '\n');
    }
  }

  /** True where something happened; false after a while without. */
  async #waited(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), QUIET);
    this.#wake = () => resolve(true);
    return promise.finally(() => clearTimeout(timer));
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #pieces(): Buffer[] {
    const start = this.#start;
    if (!start) return [];
    const pieces: Buffer[] = [];
    if (start.takenBack > 0) {
      pieces.push(this.#tell('taken-back', start.takenBack));
      this.#start = { ...start, takenBack: 0 };
    }
    if (this.#newest <= this.#last) return pieces;
    const records = start.read(this.#last, AT_ONCE);
    for (const record of records) {
      this.#missedUntil(record.number, pieces);
      pieces.push(formed(record, this.#form, start.epoch));
      this.#last = record.number;
    }
    // What was the newest is gone already: told now, not with a next one that may never come.
    if (records.length === 0) this.#missedUntil(this.#newest + 1, pieces);
    return pieces;
  }

  /** Tells of the records that were not there any more, where there are some before this number. */
  #missedUntil(number: number, pieces: Buffer[]): void {
    const missed = number - this.#last - 1;
    if (missed > 0) pieces.push(this.#tell('missed', missed));
    this.#last = number - 1;
  }

  #tell(what: 'missed' | 'taken-back', records: number): Buffer {
    return Buffer.from(
      this.#form === 'ndjson' ? `{"sluice":"${what}","records":${records}}\n` : `event: ${what}\ndata: ${records}\n\n`,
    );
  }
}

/** Formed once for all readers, and kept as long as the ring keeps the record. */
const known: Readonly<Record<Form, WeakMap<LiveRecord, Buffer>>> = { ndjson: new WeakMap(), sse: new WeakMap() };

function formed(record: LiveRecord, form: Form, epoch: string): Buffer {
  let bytes = known[form].get(record);
  if (!bytes) {
    bytes = Buffer.from(form === 'sse' ? eventOf(record, epoch) : lineOf(record));
    known[form].set(record, bytes);
  }
  return bytes;
}

const textOf = ({ data }: LiveRecord) => data.toString('utf8').replace(/\r?\n$/, '');

function eventOf(record: LiveRecord, epoch: string): string {
  const lines = textOf(record)
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`);
  return `id: ${epoch}-${record.number}\n${lines.join('')}\n`;
}

function lineOf(record: LiveRecord): string {
  const text = textOf(record);
  return `${isJsonLine(text) ? text : JSON.stringify(text)}\n`;
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
