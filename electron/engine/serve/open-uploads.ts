/** The unfinished files of a folder's uploads: how many, how large, whose, and what becomes of those that stop. */
import { randomBytes } from 'node:crypto';
import { toFailure } from '../../../shared/failure.ts';
import { deletePart, errorCode, finishPart, freeSpace, inodeOf, openPart, type Part } from '../files/index.ts';
import { throughFolder } from './real-place.ts';
import { notFound, Refusal } from './refusal.ts';
import type { ServeTools } from './service.ts';

/** Where there is no quota, so much of the disk stays free. */
const LEAVE_FREE = 2 ** 30;
/** Uploads that are unfinished at once, and those of one sender. */
const MOST_OPEN = 64;
export const MOST_OF_ONE_SENDER = 16;
/** Finished ones that are kept in mind, for a sender who did not hear of it. */
const MOST_FINISHED = 256;
/** Ms between two looks for uploads that do not move, at most. */
const SWEEP = 60_000;

export interface Upload {
  readonly id: string;
  readonly folder: string;
  readonly part: Pick<Part, 'name' | 'handle'>;
  readonly inode: string | null;
  readonly sender: string;
  /** Bytes that were announced; Infinity where nobody said. */
  readonly length: number;
  offset: number;
  /** Bytes of the quota that are its own: all of them, or where nobody said, those that came and those that come now. */
  held: number;
  /** True while a request writes to it. */
  busy: boolean;
  movedAt: number;
  /** Set once it is dropped. */
  gone?: Promise<void>;
}

export class OpenUploads {
  readonly #quota: number | null;
  readonly #tools: Pick<ServeTools, 'uploaded' | 'limits'>;
  readonly #open = new Map<string, Upload>();
  /** Lengths of those that are finished, by id. */
  readonly #finished = new Map<string, number>();
  readonly #sweeper: NodeJS.Timeout;
  #isClosed = false;
  #lastBegun: Promise<unknown>;

  constructor(quota: number | null, tools: Pick<ServeTools, 'uploaded' | 'limits'>) {
    this.#quota = quota;
    this.#tools = tools;
    const { patience } = tools.limits;
    this.#sweeper = setInterval(() => void this.#giveUp(), Math.min(SWEEP, patience)).unref();
    this.#lastBegun = this.#clear();
  }

  get(id: string): Upload | null {
    const upload = this.#open.get(id);
    return upload && !upload.gone ? upload : null;
  }

  /** The length of an upload that is finished; null for any other. */
  finished(id: string): number | null {
    return this.#finished.get(id) ?? null;
  }

  /**
   * Makes the part file of an upload that is busy. One after the other: the room that one finds is taken when the next one
   * looks.
   * @throws Refusal 507, 503, 429
   */
  begin(folder: string, name: string, length: number | null, sender: string): Promise<Upload> {
    const begun = this.#lastBegun.then(async () => {
      const open = [...this.#open.values()];
      if (open.length >= MOST_OPEN) throw new Refusal(503, 'Too many uploads at once.', ['Retry-After', '60']);
      if (open.filter((one) => one.sender === sender).length >= MOST_OF_ONE_SENDER) {
        throw new Refusal(429, 'Too many uploads at once. Finish one first.', ['Retry-After', '60']);
      }
      await this.#requireRoom(folder, length ?? 0);
      return throughFolder(folder, async (at) => {
        const part = await openPart(at, name).catch(refuseFull);
        const inode = await inodeOf(at, part.name);
        if (this.#isClosed) {
          await part.handle.close();
          await deletePart(at, part.name);
          throw notFound();
        }
        const known = { id: randomBytes(16).toString('hex'), folder, part, inode, sender, length: length ?? Infinity };
        const upload: Upload = { ...known, offset: 0, held: length ?? 0, busy: true, movedAt: Date.now() };
        this.#open.set(upload.id, upload);
        this.#note();
        return upload;
      });
    });
    this.#lastBegun = begun.catch(() => {});
    return begun;
  }

  /** Writes the next bytes. @throws Refusal 413, 507 */
  async write(upload: Upload, chunk: Buffer): Promise<void> {
    const end = upload.offset + chunk.length;
    if (end > upload.length) throw new Refusal(413, 'That is more than was announced.');
    if (end > upload.held) {
      // Taken before it is looked at: others who ask at the same time see it.
      upload.held = end;
      try {
        await this.#requireRoom(upload.folder, 0);
      } catch (error) {
        upload.held = upload.offset;
        throw error;
      }
    }
    const { handle } = upload.part;
    while (upload.offset < end) {
      const left = end - upload.offset;
      const { bytesWritten } = await handle.write(chunk, chunk.length - left, left, upload.offset).catch(refuseFull);
      upload.offset += bytesWritten;
    }
    upload.movedAt = Date.now();
  }

  /** Gives it its name. Where that fails for want of room it is still there, and may be finished again. @throws Refusal 507, 410 */
  async finish(upload: Upload): Promise<void> {
    const { id, folder, part, offset } = upload;
    try {
      await throughFolder(folder, (at) => finishPart(at, part.name, part.handle));
    } catch (error) {
      if (toFailure(error).code !== 'part-missing') refuseFull(error);
      // Somebody deleted it, or put another file in its place: nothing is left that could be gone on with.
      await this.drop(upload);
      throw new Refusal(410, 'The unfinished file is gone. Send it again.');
    }
    this.#open.delete(id);
    this.#finished.set(id, offset);
    if (this.#finished.size > MOST_FINISHED) this.#finished.delete(this.#finished.keys().next().value!);
    this.#tools.uploaded.add(offset);
    this.#note();
    await part.handle.close().catch(() => {});
  }

  async drop(upload: Upload): Promise<void> {
    if (this.#open.has(upload.id)) await (upload.gone ??= this.#remove(upload));
  }

  /** What it held of the quota is free when its bytes are. Another file that took its name stays. */
  async #remove({ id, part, folder, inode }: Upload): Promise<void> {
    await part.handle.close().catch(() => {});
    await throughFolder(folder, (at) => deleteOwn(at, part.name, inode)).catch(() => {});
    this.#open.delete(id);
    this.#note();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const upload of this.#open.values()) void this.drop(upload);
  }

  /** Deletes what was left when Sluice died in the middle, if it is still that file. */
  async #clear(): Promise<void> {
    for (const { folder, name, inode } of this.#tools.uploaded.unfinished()) {
      await deleteOwn(folder, name, inode).catch(() => {});
    }
  }

  /** Keeps in mind what would be left now. */
  #note(): void {
    if (this.#isClosed) return;
    const open = [...this.#open.values()];
    this.#tools.uploaded.keep(
      open.flatMap(({ folder, part: { name }, inode }) => (inode === null ? [] : [{ folder, name, inode }])),
    );
  }

  async #giveUp(): Promise<void> {
    const before = Date.now() - this.#tools.limits.patience;
    for (const upload of this.#open.values()) if (!upload.busy && upload.movedAt < before) await this.drop(upload);
  }

  /** @throws Refusal 507 where what is held and `bytes` more are too much */
  async #requireRoom(folder: string, bytes: number): Promise<void> {
    const held = [...this.#open.values()].reduce((sum, upload) => sum + upload.held, bytes);
    if (this.#quota !== null && this.#tools.uploaded.total() + held > this.#quota) {
      throw new Refusal(507, 'This folder takes no more.');
    }
    const { free } = await freeSpace(folder);
    const missing = [...this.#open.values()].reduce((sum, upload) => sum + upload.held - upload.offset, bytes);
    if (free - missing < LEAVE_FREE) throw new Refusal(507, 'The disk is almost full.');
  }
}

/** Deletes an unfinished file, unless another one has its name now. */
async function deleteOwn(folder: string, name: string, inode: string | null): Promise<void> {
  if ((await inodeOf(folder, name)) === inode) await deletePart(folder, name);
}

function refuseFull(error: unknown): never {
  const codes = [errorCode(error), errorCode(error instanceof Error ? error.cause : null)];
  if (codes.includes('ENOSPC') || codes.includes('EDQUOT')) throw new Refusal(507, 'The disk is full.');
  throw error;
}
