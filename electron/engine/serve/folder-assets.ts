/** Style and script of the folder pages: files of their own, because the pages allow nothing inline. */

export const folderStyle = `:root { color-scheme: light dark; --ground: light-dark(#f4f5f7, #151619); --card: light-dark(#fff, #1d1f24); --text: light-dark(#16181d, #eceef2); --dim: light-dark(#5b6270, #a3a9b6); --line: light-dark(#e1e4ea, #32353d); --accent: light-dark(#2352c8, #8cadff); --on-accent: light-dark(#fff, #10131a); background: var(--ground); color: var(--text); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0; }
nav { color: var(--dim); }
a { color: var(--accent); text-underline-offset: .2em; }
.head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; margin: .25rem 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .625rem .5rem; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: color-mix(in srgb, var(--accent) 6%, transparent); }
th { font-size: .875rem; font-weight: 500; white-space: nowrap; }
th a { color: var(--dim); text-decoration: none; }
th a:hover, td a:hover { text-decoration: underline; }
th[aria-sort$=ending] a { color: var(--text); font-weight: 600; }
td a { color: var(--text); font-weight: 500; text-decoration: none; }
td.size, td.date, th.size, th.date { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.size, td.date { color: var(--dim); }
th.date, td.date { padding-inline-end: 1rem; }
td.check { width: 2.5rem; padding-inline-start: 1rem; }
td.name a { display: inline-block; max-width: calc(100% - 4rem); }
.kind { display: inline-block; vertical-align: top; margin-inline-end: .5rem; width: 2.75rem; height: 1.5rem; border-radius: .375rem; background: color-mix(in srgb, var(--dim) 14%, transparent); color: var(--dim); font: 600 .6875rem/1.5rem ui-monospace, monospace; text-align: center; text-transform: uppercase; overflow: hidden; }
.kind.folder { background: color-mix(in srgb, var(--accent) 18%, transparent); position: relative; }
.kind.folder::before, .kind.folder::after { content: ''; position: absolute; background: var(--accent); border-radius: .125rem; }
.kind.folder::before { inset: .375rem 1.25rem .75rem .8125rem; }
.kind.folder::after { inset: .5rem .8125rem .375rem; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent); }
button, .button, ::file-selector-button { font: inherit; min-height: 2.75rem; padding: .5rem 1rem; margin: .75rem .5rem 0 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); color: var(--text); display: inline-block; text-decoration: none; cursor: pointer; }
.button.main { margin: 0; background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 500; }
.none, .count { color: var(--dim); }
.none { padding: 1rem; margin: 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.preview { display: block; max-width: 100%; max-height: 80vh; margin: 1rem 0; border-radius: .5rem; }
iframe.preview { width: 100%; height: 70vh; border: 1px solid var(--line); background: Canvas; }
#drop { border: 2px dashed var(--line); border-radius: .75rem; padding: 1rem; margin: 0 0 1rem; background: var(--card); }
#drop.over { border-color: var(--accent); }
#drop label { display: block; }
#drop input { font: inherit; color: var(--dim); max-width: 100%; }
#uploads { margin: .5rem 0 0; padding-inline-start: 1.25rem; }
progress { display: block; width: 100%; accent-color: var(--accent); }
@media (max-width: 40rem) { td.date, th.date { display: none; } body { padding: 1rem .75rem 2rem; } th.size, td.size { padding-inline-end: 1rem; } }
`;

/**
 * Uploads by tus 1.0.0 (tus.io): a file that stops in the middle goes on where the server says it is, also after the page
 * was closed, if the same file is chosen again: the id of what is unfinished is kept in this browser.
 */
export const folderScript = `const drop = document.getElementById('drop');
const chosen = document.getElementById('files');
const list = document.getElementById('uploads');
const tus = { 'Tus-Resumable': '1.0.0' };
const PIECE = 8 * 1024 * 1024;
// It is at another offset, the connection that broke still holds it (for half a minute), or the server is at its limit.
const PASSING = [408, 409, 423, 429, 500, 502, 503, 504];
// With what is waited between them, about a minute.
const TRIES = 16;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const placeOf = (id) => location.pathname + '?upload=' + id;
const keyOf = (file) => ['upload', file.name, file.size, file.lastModified].join(' ');
// A browser may forbid to keep anything.
const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, id) => { try { if (id === null) localStorage.removeItem(key); else localStorage.setItem(key, id); } catch {} };

class Refused extends Error {}

// Throws Refused where another try is no use.
async function ask(place, method, headers, body) {
  const answer = await fetch(place, { method, headers: { ...tus, ...headers }, body });
  if (answer.ok) return answer;
  if (PASSING.includes(answer.status)) throw new Error(String(answer.status));
  throw new Refused(await answer.text());
}

async function create(file) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const made = await ask(location.pathname, 'POST', { 'Upload-Length': String(file.size), 'Upload-Metadata': 'filename ' + name });
  return new URL(made.headers.get('Location'), location.href).searchParams.get('upload');
}

// How much the server has; null where it knows of none.
async function offsetOf(id) {
  const known = await fetch(placeOf(id), { method: 'HEAD', headers: tus });
  if (known.ok) return Number(known.headers.get('Upload-Offset'));
  if (known.status === 404) return null;
  throw new Error(String(known.status));
}

async function send(file, told) {
  const key = keyOf(file);
  let id = kept(key);
  for (let tries = 0; tries <= TRIES; tries += 1) {
    if (tries > 0) await wait(Math.min(5000, 500 * tries));
    try {
      let offset = id === null ? null : await offsetOf(id);
      if (offset === null) {
        id = await create(file);
        keep(key, id);
        offset = 0;
      }
      told(offset);
      while (offset < file.size) {
        const sent = await ask(placeOf(id), 'PATCH', { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }, file.slice(offset, offset + PIECE));
        offset = Number(sent.headers.get('Upload-Offset'));
        told(offset);
        tries = 0;
      }
      return keep(key, null);
    } catch (error) {
      if (!(error instanceof Refused)) continue;
      keep(key, null);
      throw error;
    }
  }
  throw new Error('the connection is lost. Choose it again to go on.');
}

async function upload(file) {
  const line = document.createElement('li');
  const text = document.createElement('span');
  const bar = document.createElement('progress');
  bar.max = Math.max(1, file.size);
  bar.value = 0;
  text.textContent = file.name;
  line.append(text, bar);
  list.append(line);
  try {
    await send(file, (offset) => { bar.value = offset; });
    text.textContent = file.name + ' is there.';
  } catch (error) {
    text.textContent = file.name + ': ' + error.message;
  }
  bar.remove();
}

async function all(files) { for (const file of files) await upload(file); }

// Of a folder a browser gives no bytes.
function dropped({ items }) {
  const files = [];
  for (const item of items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    if (!entry || entry.isFile) { files.push(item.getAsFile()); continue; }
    const line = document.createElement('li');
    line.textContent = entry.name + ': a folder cannot be added. Add its files, or a ZIP of it.';
    list.append(line);
  }
  return files;
}

chosen.addEventListener('change', () => all([...chosen.files]));
drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => { event.preventDefault(); drop.classList.remove('over'); void all(dropped(event.dataTransfer)); });
`;
