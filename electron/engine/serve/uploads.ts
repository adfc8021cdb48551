/**
 * Uploads into a shared folder: tus 1.0.0 (core, creation, termination; tus.io/protocols/resumable-upload), which goes on
 * after a lost connection, and a plain PUT for scripts. A file appears under its name once, complete and synced, and never
 * over another.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { safeFileName } from '../files/index.ts';
import type { Limits } from './face.ts';
import { isPlainFolder, isShown } from './folder-entries.ts';
import { OpenUploads, type Upload } from './open-uploads.ts';
import { bodyPieces } from './read-body.ts';
import { notFound, Refusal } from './refusal.ts';
import { encodePath } from './request-target.ts';
import { safeFields } from './safe-fields.ts';
import type { Call, ServeTools } from './service.ts';
import { ReaderGone } from './transfer.ts';

const TUS = ['Tus-Resumable', '1.0.0'];

export class Uploads {
  readonly methods = ['POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'];
  readonly #limits: Limits;
  readonly #hidden: boolean;
  readonly #open: OpenUploads;

  constructor({ uploadQuota, hidden }: { uploadQuota: number | null; hidden: boolean }, tools: ServeTools) {
    this.#limits = tools.limits;
    this.#hidden = hidden;
    this.#open = new OpenUploads(uploadQuota, tools);
  }

  /** Answers a request that is not for reading; `path` is the real path that the target stands for. */
  async answer(call: Call, path: string, names: readonly string[]): Promise<void> {
    const { request } = call;
    const id = new URLSearchParams(call.target.query).get('upload');
    const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    // Stored as it comes, it would be another file than the one that was meant (RFC 9110 §8.4, §15.5.16).
    if (coding !== 'identity') throw new Refusal(415, 'Send it uncompressed.', ['Accept-Encoding', 'identity']);
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
        if (id === null) throw notFound();
        const finished = this.#open.finished(id);
        // Its sender has not heard that all has come: the connection broke before.
        if (finished !== null && request.method === 'HEAD') return this.#tellOffset(call, finished, finished);
        const upload = this.#open.get(id);
        if (!upload) throw notFound();
        if (request.method === 'PATCH') return this.#append(call, upload);
        if (request.method === 'DELETE') {
          if (upload.busy) throw new Refusal(423, 'It is being written.');
          await this.#open.drop(upload);
          return this.#reply(call, 204, []);
        }
        return this.#tellOffset(call, upload.offset, upload.length);
      }
    }
  }

  close(): void {
    this.#open.close();
  }

  async #create(call: Call, path: string, names: readonly string[]): Promise<void> {
    const { headers } = call.request;
    if (call.target.segments.at(-1) !== '' || !(await isPlainFolder(path))) throw notFound();
    const length = readLength(headers['upload-length']?.toString());
    if (length === null) throw new Refusal(400, 'Say Upload-Length.');
    const given = fileNameOf(headers['upload-metadata']?.toString() ?? '');
    if (given === null) throw new Refusal(400, 'Say a file name in Upload-Metadata.');
    const name = safeFileName(given);
    // What is not shown is not taken either: nobody would find it again.
    if (!isShown(name, this.#hidden)) throw new Refusal(400, 'Choose another name.');
    const upload = await this.#open.begin(path, name, length, call.transfer.address);
    try {
      if (length === 0) await this.#open.finish(upload);
    } finally {
      upload.busy = false;
    }
    const folder = encodePath(names);
    this.#reply(call, 201, ['Location', `${call.base}/${folder}${folder === '' ? '' : '/'}?upload=${upload.id}`]);
  }

  async #append(call: Call, upload: Upload): Promise<void> {
    const { headers } = call.request;
    if (headers['content-type'] !== 'application/offset+octet-stream')
      throw new Refusal(415, 'Another type is needed.');
    if (upload.busy) throw new Refusal(423, 'It is being written.');
    if (readLength(headers['upload-offset']?.toString()) !== upload.offset) {
      throw new Refusal(409, 'It is at another offset.', ['Upload-Offset', String(upload.offset)]);
    }
    upload.busy = true;
    try {
      for await (const chunk of bodyOf(call, this.#limits)) await this.#open.write(upload, chunk);
      if (upload.offset === upload.length) await this.#open.finish(upload);
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
    const upload = await this.#open.begin(folder, name, announced, call.transfer.address);
    try {
      if (upload.part.name !== name) throw new Refusal(409, 'There is a file of that name.');
      for await (const chunk of bodyOf(call, this.#limits)) await this.#open.write(upload, chunk);
      if (announced !== null && upload.offset !== announced) throw new Refusal(400, 'Bytes are missing.');
      await this.#open.finish(upload);
    } catch (error) {
      await this.#open.drop(upload);
      throw error;
    }
    this.#reply(call, 201, ['Location', `${call.base}/${encodePath(names)}`]);
  }

  #tellOffset(call: Call, offset: number, length: number): void {
    this.#reply(call, 200, ['Upload-Offset', String(offset), 'Upload-Length', String(length)]);
  }

  #reply({ transfer }: Call, status: number, fields: readonly string[]): void {
    const { response } = transfer;
    const length = status === 204 ? [] : ['Content-Length', '0'];
    response.writeHead(status, [...safeFields, ...TUS, 'Cache-Control', 'no-store', ...fields, ...length]);
    response.end();
  }
}

/** The body of a request, once it is wanted. */
async function* bodyOf({ request, transfer, keepsAlive }: Call, limits: Limits): AsyncGenerator<Buffer> {
  if (request.headers.expect !== undefined) transfer.response.writeContinue();
  // A reader of the body is not told that its sender is gone.
  transfer.signal.addEventListener('abort', () => request.destroy(new ReaderGone('The sender went away')), {
    once: true,
  });
  yield* bodyPieces(request, limits);
  // The connection may carry more after a body that was read to its end; where it was not, nobody waits for the rest.
  transfer.response.shouldKeepAlive = keepsAlive;
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
