/** A share of a folder: its files, pages that list them, ZIP archives, and uploads where its owner allows them. */
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ShareTarget } from '../../../shared/share.ts';
import { errorCode } from '../files/index.ts';
import { answerContent } from './answer-content.ts';
import { fileContent } from './file-content.ts';
import { folderScript, folderStyle } from './folder-assets.ts';
import { FolderEntries, isPlainFolder, isShown, sortKeys, type SortKey } from './folder-entries.ts';
import { kindOf, listingPage, previewPage } from './folder-page.ts';
import { createFolderRoot } from './folder-root.ts';
import { NotServed } from './open-files.ts';
import { notFound, Refusal } from './refusal.ts';
import { encodePath } from './request-target.ts';
import { pagePolicy, safeFields } from './safe-fields.ts';
import type { Call, Service, ServeTools } from './service.ts';
import { Uploads } from './uploads.ts';
import { zipContent } from './zip-content.ts';
import { ZipPlan } from './zip-plan.ts';

const PAGE = 500;
/** Archives whose checksums are kept for a reader that goes on. */
const MOST_PLANS = 4;

export function folderShare(target: Extract<ShareTarget, { kind: 'folder' }>, tools: ServeTools): Service {
  const { files, buffers, archives } = tools;
  const { hidden } = target;
  const root = createFolderRoot(target.path, tools.changed);
  const entries = new FolderEntries(hidden);
  const uploads = target.uploads ? new Uploads(target, tools) : null;
  const plans = new Map<string, ZipPlan>();

  async function sendFile(call: Call, path: string): Promise<void> {
    const file = await files.get(path).catch((error: unknown) => {
      throw error instanceof NotServed ? notFound() : error;
    });
    const content = fileContent(file, files, buffers);
    // A preview of a text is a text, whatever its name makes of it.
    const asText = new URLSearchParams(call.target.query).has('text') && kindOf(content.name) === 'text';
    try {
      const shown = asText
        ? { ...content, mediaType: 'text/plain; charset=utf-8', notes: new Map<string, unknown>() }
        : content;
      await answerContent(call.request, call.transfer, shown, call.options.disposition);
    } finally {
      content.release();
    }
  }

  async function sendZip(call: Call, folder: string, names: readonly string[] | null): Promise<void> {
    const { entries: found, tag: etag } = await archives.list(folder, names, hidden, call.transfer.signal);
    const plan = plans.get(etag) ?? new ZipPlan(found);
    plans.delete(etag);
    plans.set(etag, plan);
    if (plans.size > MOST_PLANS) plans.delete(plans.keys().next().value!);
    const content = zipContent(plan, etag, `${basename(folder) || 'files'}.zip`, archives, buffers);
    await answerContent(call.request, call.transfer, content, 'attachment');
  }

  async function sendListing(call: Call, folder: string, query: URLSearchParams): Promise<void> {
    const sort: SortKey = sortKeys.find((key) => key === query.get('sort')) ?? 'name';
    const descending = query.get('order') === 'desc';
    const page = Math.max(1, Math.min(1e6, Math.floor(Number(query.get('page'))) || 1));
    const found = await entries
      .page(folder, sort, descending, (page - 1) * PAGE, page * PAGE)
      .catch((error: unknown) => {
        // Gone meanwhile, or not ours to read.
        throw errorCode(error) === '' ? error : notFound();
      });
    const html = listingPage({
      trail: [call.options.name, ...call.target.segments.slice(0, -1)],
      base: call.base,
      ...found,
      page,
      pages: Math.max(1, Math.ceil(found.total / PAGE)),
      sort,
      descending,
      uploads: uploads !== null,
    });
    await sendText(call, 'text/html; charset=utf-8', html);
  }

  async function sendPreview(call: Call, folder: string, name: string): Promise<void> {
    const kind = kindOf(name);
    if (kind === null || !isShown(name, hidden)) throw notFound();
    // As the file itself: what a symbolic link leads to is nobody's business.
    const found = await lstat(join(folder, name)).catch(() => null);
    if (!found?.isFile()) throw notFound();
    await sendText(call, 'text/html; charset=utf-8', previewPage(name, kind));
  }

  return {
    linkName: '',
    methods: uploads ? uploads.methods : [],
    size: null,
    get trouble() {
      return root.trouble;
    },
    async answer(call) {
      const { segments, query } = call.target;
      const names = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
      // Hidden means not there: also as a folder on the way.
      if (!names.every((name) => isShown(name, hidden))) throw notFound();
      const path = join(await root.path(), ...names);
      const asked = new URLSearchParams(query);
      const { method } = call.request;
      if (method !== 'GET' && method !== 'HEAD') return uploads?.answer(call, path, names);
      if (uploads && asked.has('upload')) return uploads.answer(call, path, names);
      const isFolder = await isPlainFolder(path);
      if (!isFolder) {
        if (segments.at(-1) === '') throw notFound();
        return sendFile(call, path);
      }
      if (segments.at(-1) !== '') {
        const location = `${call.base}/${encodePath(names)}${names.length > 0 ? '/' : ''}${query === '' ? '' : `?${query}`}`;
        throw new Refusal(308, 'It is here.', ['Location', location]);
      }
      const asset = asked.get('asset');
      if (asset === 'style') return sendText(call, 'text/css; charset=utf-8', folderStyle);
      if (asset === 'script') return sendText(call, 'text/javascript; charset=utf-8', folderScript);
      if (asked.has('zip')) return sendZip(call, path, asked.has('name') ? asked.getAll('name') : null);
      const preview = asked.get('preview');
      if (preview !== null) return sendPreview(call, path, preview);
      return sendListing(call, path, asked);
    },
    close() {
      uploads?.close();
    },
  };
}

/** A page or what belongs to one, made for this request. */
async function sendText({ request, transfer }: Call, type: string, text: string): Promise<void> {
  const body = Buffer.from(text);
  // prettier-ignore
  transfer.response.writeHead(200, [
    ...safeFields, 'Content-Security-Policy', pagePolicy, 'Content-Type', type,
    'Content-Length', String(body.length), 'Cache-Control', 'private, no-cache',
  ]);
  if (request.method === 'HEAD') transfer.response.end();
  else await transfer.finish(body, null);
}
