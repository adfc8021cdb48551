/** The pages of a shared folder: a listing, and a preview of one file. No script is needed for either. */
import { formatBytes } from '../../../shared/format.ts';
import type { EntryFacts, SortKey } from './folder-entries.ts';
import { html, type Html } from './html.ts';

export interface Listing {
  /** The share's name, then the folders below it. */
  readonly trail: readonly string[];
  readonly base: string;
  readonly entries: readonly EntryFacts[];
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly uploads: boolean;
}

/** Ms from the epoch beyond which there are no dates (ECMA-262, Time Values); file systems have some. */
const FARTHEST = 8.64e15;

const titles: Readonly<Record<SortKey, string>> = { name: 'Name', size: 'Size', date: 'Changed' };

export function listingPage(listing: Listing): string {
  const { trail, entries, total, uploads, sort, descending, page } = listing;
  const name = trail.at(-1) ?? '';
  const body = html`${breadcrumbs(trail)}
    <div class="head">
      <h1>${name}</h1>
      <a class="button main" href="?zip=1" download>Download all (ZIP)</a>
    </div>
    ${uploads ? uploadArea : null}
    <form method="get">
      <div class="card">
        <table>
          <caption hidden>
            Files in ${name}
          </caption>
          <thead>
            <tr>
              <td class="check"></td>
              ${(['name', 'size', 'date'] as const).map((key) => heading(key, sort, descending))}
            </tr>
          </thead>
          <tbody>
            ${entries.map(row)}
          </tbody>
        </table>
        ${entries.length === 0 ? html`<p class="none">Nothing is here.</p>` : null}
      </div>
      ${entries.length === 0 ? null : html`<button name="zip" value="1">Download chosen (ZIP)</button>`}
    </form>
    ${pager(listing)}
    <p class="count">
      ${total} ${total === 1 ? 'entry' : 'entries'}${listing.pages > 1 ? `, page ${page} of ${listing.pages}` : ''}
    </p>`;
  return frame(name, body, uploads);
}

function heading(key: SortKey, sort: SortKey, descending: boolean): Html {
  const isSorted = key === sort;
  const order = isSorted && !descending ? '&order=desc' : '';
  const state = isSorted ? (descending ? 'descending' : 'ascending') : 'none';
  const mark = isSorted ? (descending ? ' ↓' : ' ↑') : '';
  return html`<th scope="col" class="${key}" aria-sort="${state}">
    <a href="?sort=${key}${order}">${titles[key]}${mark}</a>
  </th>`;
}

function row({ name, isFolder, size, modified }: EntryFacts): Html {
  const path = encodeURIComponent(name);
  const when = new Date(Math.max(-FARTHEST, Math.min(FARTHEST, modified))).toISOString();
  const href = isFolder ? `${path}/` : kindOf(name) === null ? path : `?preview=${path}`;
  return html`<tr>
    <td class="check"><input type="checkbox" name="name" value="${name}" aria-label="Choose ${name}" /></td>
    <td class="name">
      <span class="kind${isFolder ? ' folder' : ''}" aria-hidden="true">${isFolder ? '' : extensionOf(name)}</span>
      <a href="${href}">${name}${isFolder ? '/' : ''}</a>
    </td>
    <td class="size">${isFolder ? '' : formatBytes(size)}</td>
    <td class="date"><time datetime="${when}">${when.slice(0, 16).replace('T', ' ')}</time></td>
  </tr>`;
}

/** What is short enough to stand in a small box. */
function extensionOf(name: string): string {
  return /[^.]\.([a-z0-9]{1,5})$/i.exec(name)?.[1] ?? '';
}

function breadcrumbs(trail: readonly string[]): Html {
  const links = trail
    .slice(0, -1)
    .map((name, index) => html`<a href="${'../'.repeat(trail.length - 1 - index)}">${name}</a> / `);
  return html`<nav aria-label="Folders">${links}</nav>`;
}

function pager({ page, pages, sort, descending }: Listing): Html | null {
  if (pages <= 1) return null;
  const to = (number: number) => `?sort=${sort}${descending ? '&order=desc' : ''}&page=${number}`;
  return html`<nav aria-label="Pages">
    ${page > 1 ? html`<a class="button" rel="prev" href="${to(page - 1)}">Previous</a>` : null}
    ${page < pages ? html`<a class="button" rel="next" href="${to(page + 1)}">Next</a>` : null}
  </nav>`;
}

const uploadArea = html`<div id="drop">
  <label for="files">Add files: choose them, or drop them here.</label>
  <input id="files" type="file" multiple />
  <ul id="uploads" aria-live="polite"></ul>
</div>`;

export type PreviewKind = 'image' | 'video' | 'audio' | 'text';

/** How a browser can show a file; null where it had better be saved. */
export function kindOf(name: string): PreviewKind | null {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (/^(?:png|jpe?g|gif|webp|avif|bmp|svg)$/.test(extension)) return 'image';
  if (/^(?:mp4|m4v|webm|ogv|mov)$/.test(extension)) return 'video';
  if (/^(?:mp3|m4a|aac|ogg|oga|opus|wav|flac)$/.test(extension)) return 'audio';
  return /^(?:txt|md|log|csv|tsv|json|ndjson|ya?ml|toml|ini|conf|sql|[cm]?[jt]sx?|py|rs|go|c|h|cpp|java|sh|css|diff)$/.test(
    extension,
  )
    ? 'text'
    : null;
}

/** A page that shows one file. What it may do is the file's own policy: scripts run in neither. */
export function previewPage(name: string, kind: PreviewKind): string {
  const src = encodeURIComponent(name);
  const view =
    kind === 'image'
      ? html`<img class="preview" src="${src}" alt="${name}" />`
      : kind === 'video'
        ? html`<video class="preview" src="${src}" controls preload="metadata" aria-label="${name}"></video>`
        : kind === 'audio'
          ? html`<audio class="preview" src="${src}" controls preload="metadata" aria-label="${name}"></audio>`
          : html`<iframe class="preview" src="${src}?text=1" sandbox="" title="${name}"></iframe>`;
  return frame(
    name,
    html`<nav aria-label="Folders"><a href="./">Back</a></nav>
      <h1>${name}</h1>
      ${view}
      <p><a class="button main" href="${src}" download="${name}">Save</a></p>`,
    false,
  );
}

function frame(title: string, body: Html, script: boolean): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="?asset=style" />
        ${script ? html`<script src="?asset=script" type="module"></script>` : null}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}
