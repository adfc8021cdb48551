/**
 * Uploads into a shared folder: tus 1.0.0 (core, creation, termination; tus.io/protocols/resumable-upload), which goes on
 * after a lost connection, and a plain PUT for scripts. A file appears under its name once, complete and synced, and never
 * over another.
 */
import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { deletePart, finishPart, freeSpace, openPart, safeFileName, type Part } from '../files/index.ts';
import type { Limits } from './face.ts';
import { isPlainFolder } from './folder-entries.ts';
import { bodyPieces } from './read-body.ts';
import { notFound, Refusal } from './refusal.ts';
import { encodePath } from './request-target.ts';
import { safeFields } from './safe-fields.ts';
import type { Call, ServeTools } from './service.ts';
import { ReaderGone } from './transfer.ts';

/** Where there is no quota, so much of the disk stays free. */
const LEAVE_FREE = 2 ** 30;
/** Uploads that are unfinished at once. */
const MOST_OPEN = 64;
/** Ms after which an upload that does not move is given up. */
const PATIENCE = 3_600_000;
const TUS = ['Tus-Resumable', '1.0.0'];

interface Upload {
  readonly folder: string;
  readonly part: Part;
  readonly length: number;
  offset: number;
  /** True while a request writes to it. */
  busy: boolean;
  movedAt: number;
}

export class Uploads {
  readonly methods = ['POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'];
  readonly #quota: number | null;
  readonly #tools: ServeTools;
  readonly #open = new Map<string, Upload>();
  #lastBegun: Promise<unknown> = Promise.resolve();

  constructor(quota: number | null, tools: ServeTools) {
    this.#quota = quota;
    this.#tools = tools;
  }

  /** Answers a request that is not for reading; `path` is the real path that the target stands for. */
  async answer(call: Call, path: string, names: readonly string[]): Promise<void> {
    const { request } = call;
    const id = new URLSearchParams(call.target.query).get('upload');
    switch (request.method) {
      case 'OPTIONS': {
        const extensions = ['Tus-Version', '1.0.0', 'Tus-Extension', 'creation,termination'];
        return this.#reply(call, 204, [...extensions, 'Allow', ['GET', 'HEAD', ...this.methods].join(', ')]);
      }
      case 'POST':
        return this.#create(call, path, names);
      case 'PUT':
        return this.#put(call, path, names);
      default: {
        const upload = id === null ? undefined : this.#open.get(id);
        if (id === null || !upload) throw notFound();
        if (request.method === 'PATCH') return this.#append(call, id, upload);
        if (request.method === 'DELETE') {
          if (upload.busy) throw new Refusal(423, 'It is being written.');
          await this.#drop(id);
          return this.#reply(call, 204, []);
        }
        return this.#reply(call, 200, ['Upload-Offset', String(upload.offset), 'Upload-Length', String(upload.length)]);
      }
    }
  }

  close(): void {
    for (const id of this.#open.keys()) void this.#drop(id);
  }

  async #create(call: Call, path: string, names: readonly string[]): Promise<void> {
    const { headers } = call.request;
    if (call.target.segments.at(-1) !== '' || !(await isPlainFolder(path))) throw notFound();
    const length = readLength(headers['upload-length']?.toString());
    if (length === null) throw new Refusal(400, 'Say Upload-Length.');
    const name = fileNameOf(headers['upload-metadata']?.toString() ?? '');
    if (name === null) throw new Refusal(400, 'Say a file name in Upload-Metadata.');
    const { id, upload } = await this.#begin(path, safeFileName(name), length, false);
    if (length === 0) await this.#finish(id, upload);
    const folder = encodePath(names);
    this.#reply(call, 201, ['Location', `${call.base}/${folder}${folder === '' ? '' : '/'}?upload=${id}`]);
  }

  async #append(call: Call, id: string, upload: Upload): Promise<void> {
    const { headers } = call.request;
    if (headers['content-type'] !== 'application/offset+octet-stream')
      throw new Refusal(415, 'Another type is needed.');
    if (upload.busy) throw new Refusal(423, 'It is being written.');
    if (readLength(headers['upload-offset']?.toString()) !== upload.offset) {
      throw new Refusal(409, 'It is at another offset.', ['Upload-Offset', String(upload.offset)]);
    }
    upload.busy = true;
    try {
      for await (const chunk of bodyOf(call, this.#tools.limits)) {
        if (upload.offset + chunk.length > upload.length) throw new Refusal(413, 'That is more than was announced.');
        await writeAll(upload.part, chunk, upload.offset);
        upload.offset += chunk.length;
        upload.movedAt = Date.now();
      }
      if (upload.offset === upload.length) await this.#finish(id, upload);
    } finally {
      upload.busy = false;
    }
    this.#reply(call, 204, ['Upload-Offset', String(upload.offset)]);
  }

  /** PUT makes a file of just this name, or refuses: it replaces nothing. */
  async #put(call: Call, path: string, names: readonly string[]): Promise<void> {
    const { request } = call;
    const name = names.at(-1) ?? '';
    const folder = join(path, '..');
    if (call.target.segments.at(-1) === '' || !(await isPlainFolder(folder))) throw notFound();
    // RFC 9110 §14.5: a part of a file is not stored as if it were the file.
    if (request.headers['content-range'] !== undefined) throw new Refusal(400, 'Send it whole.');
    if (safeFileName(name) !== name) throw new Refusal(400, 'Not a name for a file.');
    if (await lstat(path).catch(() => null)) throw new Refusal(409, 'There is a file of that name.');
    const announced = readLength(request.headers['content-length']);
    const { id, upload } = await this.#begin(folder, name, announced, true);
    const { part } = upload;
    try {
      if (part.name !== name) throw new Refusal(409, 'There is a file of that name.');
      for await (const chunk of bodyOf(call, this.#tools.limits)) {
        // Of a body without a length every byte is asked for.
        if (announced === null) await this.#requireRoom(folder, chunk.length);
        await writeAll(part, chunk, upload.offset);
        upload.offset += chunk.length;
        upload.movedAt = Date.now();
      }
      if (announced !== null && upload.offset !== announced) throw new Refusal(400, 'Bytes are missing.');
      await this.#finish(id, upload);
    } catch (error) {
      await this.#drop(id);
      throw error;
    }
    this.#reply(call, 201, ['Location', `${call.base}/${encodePath(names)}`]);
  }

  /** One after the other: the room that one finds is taken when the next one looks. @throws Refusal */
  #begin(folder: string, name: string, length: number | null, busy: boolean): Promise<{ id: string; upload: Upload }> {
    const begun = this.#lastBegun.then(async () => {
      await this.#requireRoom(folder, length ?? 0);
      const part = await openPart(folder, name);
      const id = randomBytes(16).toString('hex');
      const upload = { folder, part, length: length ?? Infinity, offset: 0, busy, movedAt: Date.now() };
      this.#open.set(id, upload);
      return { id, upload };
    });
    this.#lastBegun = begun.catch(() => {});
    return begun;
  }

  async #finish(id: string, { folder, part, offset }: Upload): Promise<void> {
    this.#open.delete(id);
    try {
      await finishPart(folder, part.name, part.handle);
      this.#tools.uploaded.add(offset);
    } finally {
      await part.handle.close();
    }
  }

  async #drop(id: string): Promise<void> {
    const upload = this.#open.get(id);
    if (!upload) return;
    this.#open.delete(id);
    await upload.part.handle.close().catch(() => {});
    await deletePart(upload.folder, upload.part.name).catch(() => {});
  }

  /** @throws Refusal 507, 503 */
  async #requireRoom(folder: string, bytes: number): Promise<void> {
    const now = Date.now();
    for (const [id, upload] of this.#open) if (!upload.busy && now - upload.movedAt > PATIENCE) await this.#drop(id);
    if (this.#open.size >= MOST_OPEN) throw new Refusal(503, 'Too many uploads at once.', ['Retry-After', '60']);
    const open = [...this.#open.values()];
    const held = open.reduce((sum, { length, offset }) => sum + (Number.isFinite(length) ? length : offset), 0);
    if (this.#quota !== null && this.#tools.uploaded.total() + held + bytes > this.#quota) {
      throw new Refusal(507, 'This folder takes no more.');
    }
    const missing = open.reduce((sum, { length, offset }) => sum + (Number.isFinite(length) ? length - offset : 0), 0);
    const { free } = await freeSpace(folder);
    if (free - missing - bytes < LEAVE_FREE) throw new Refusal(507, 'The disk is almost full.');
  }

  #reply({ transfer }: Call, status: number, fields: readonly string[]): void {
    const { response } = transfer;
    const length = status === 204 ? [] : ['Content-Length', '0'];
    response.writeHead(status, [...safeFields, ...TUS, 'Cache-Control', 'no-store', ...fields, ...length]);
    response.end();
  }
}

/** The body of a request, once it is wanted. */
async function* bodyOf({ request, transfer }: Call, limits: Limits): AsyncGenerator<Buffer> {
  if (request.headers.expect !== undefined) transfer.response.writeContinue();
  // A reader of the body is not told that its sender is gone.
  transfer.signal.addEventListener('abort', () => request.destroy(new ReaderGone('The sender went away')), {
    once: true,
  });
  yield* bodyPieces(request, limits);
  // The connection may carry more after a body that was read to its end; where it was not, nobody waits for the rest.
  transfer.response.shouldKeepAlive = true;
}

async function writeAll({ handle }: Part, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

function readLength(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The file name in Upload-Metadata: “key base64, key base64”. */
function fileNameOf(metadata: string): string | null {
  for (const pair of metadata.split(',')) {
    const [key, value] = pair.trim().split(' ');
    if (key === 'filename' && value) return Buffer.from(value, 'base64').toString('utf8');
  }
  return null;
}
