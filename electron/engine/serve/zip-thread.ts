import { Worker } from 'node:worker_threads';
import { endGently, workerUrl } from '../flow/index.ts';
import { ShortFile } from './file-content.ts';
import { Refusal } from './refusal.ts';
import type { Archived } from './zip-plan.ts';
import { MOST_ENTRIES } from './zip-walk.ts';

/** Bytes of a file that go into an archive. */
export interface ZipPiece {
  readonly path: string;
  /** Of just this version. */
  readonly version: string;
  /** Where they begin in the file. */
  readonly offset: number;
  /** Where they are put: [from, to) of the target. */
  readonly from: number;
  readonly to: number;
  /** The CRC-32 of what comes before them in the file; null: none is wanted. */
  readonly crc: number | null;
}

/** To the archive thread; what belongs together has one number. */
export type ZipRequest =
  | {
      readonly kind: 'list';
      readonly number: number;
      readonly folder: string;
      readonly names: readonly string[] | null;
      readonly hidden: boolean;
    }
  | {
      readonly kind: 'read';
      readonly number: number;
      /** Over shared memory. */
      readonly target: Uint8Array;
      readonly pieces: readonly ZipPiece[];
    }
  | { readonly kind: 'close' };

/** From the archive thread. */
export type ZipReply =
  | { readonly kind: 'entries'; readonly number: number; readonly entries: readonly Archived[] }
  | { readonly kind: 'listed'; readonly number: number; readonly tag: string }
  | { readonly kind: 'too-many'; readonly number: number }
  /** CRC-32 of each piece with what came before it; null where none was wanted. */
  | { readonly kind: 'read'; readonly number: number; readonly crcs: readonly (number | null)[] }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string };

type Answer = Exclude<ZipReply, { kind: 'entries' }>;

/** What goes into an archive, and its tag. */
interface ZipList {
  readonly entries: readonly Archived[];
  readonly tag: string;
}

interface Waiting {
  readonly entries: Archived[];
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The thread that reads for all archives. Started with the first, and stays. */
export class ZipThread {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  /** Lists that are made or wait for their turn, and whom for. */
  readonly #lists = new Map<string, { readonly list: Promise<ZipList>; readonly readers: AbortSignal[] }>();
  #lastList: Promise<unknown> = Promise.resolve();

  /**
   * What goes into an archive of a folder, or of the chosen names in it, and the archive's tag. One list after the other, and
   * one for all who ask for the same meanwhile: each may hold very many names.
   * @throws Refusal 413 where that is too much
   */
  list(folder: string, names: readonly string[] | null, hidden: boolean, reader: AbortSignal): Promise<ZipList> {
    const key = JSON.stringify([folder, names, hidden]);
    const known = this.#lists.get(key);
    if (known) {
      known.readers.push(reader);
      return known.list;
    }
    const readers = [reader];
    const list = this.#lastList.then(() => {
      if (readers.every(({ aborted }) => aborted)) throw new ShortFile('Nobody waits for it any more');
      return this.#list(folder, names, hidden);
    });
    this.#lists.set(key, { list, readers });
    this.#lastList = list.catch(() => {}).finally(() => this.#lists.delete(key));
    return list;
  }

  async #list(folder: string, names: readonly string[] | null, hidden: boolean): Promise<ZipList> {
    const entries: Archived[] = [];
    const answer = await this.#ask((number) => ({ kind: 'list', number, folder, names, hidden }), entries);
    if (answer.kind === 'too-many') throw new Refusal(413, `More than ${MOST_ENTRIES} files: choose fewer.`);
    return { entries, tag: answer.kind === 'listed' ? answer.tag : '' };
  }

  /**
   * Reads pieces of files into shared memory, and answers their checksums.
   * @throws ShortFile where one is not there any more as it was
   */
  async read(target: Uint8Array, pieces: readonly ZipPiece[]): Promise<readonly (number | null)[]> {
    const answer = await this.#ask((number) => ({ kind: 'read', number, target, pieces }), []);
    return answer.kind === 'read' ? answer.crcs : [];
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker) await endGently(worker);
  }

  #ask(request: (number: number) => ZipRequest, entries: Archived[]): Promise<Answer> {
    const number = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(number, { entries, resolve, reject });
    this.#ensure().postMessage(request(number));
    return promise;
  }

  #ensure(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(workerUrl('zip-worker', import.meta.url), {
      name: 'sluice-zip',
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    });
    // Who waits for it is a reader, whose connection keeps the process alive.
    worker.unref();
    worker.on('message', (reply: ZipReply) => this.#receive(reply));
    const ended = (error: Error) => {
      if (this.#worker === worker) this.#worker = null;
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new ShortFile('The thread that reads archives has ended')));
    this.#worker = worker;
    return worker;
  }

  #receive(reply: ZipReply): void {
    const waiting = this.#waiting.get(reply.number);
    if (!waiting) return;
    if (reply.kind === 'entries') {
      for (const entry of reply.entries) waiting.entries.push(entry);
      return;
    }
    this.#waiting.delete(reply.number);
    if (reply.kind === 'failed') waiting.reject(new ShortFile(reply.message));
    else waiting.resolve(reply);
  }
}
