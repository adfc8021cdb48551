/** Style and script of the folder pages: files of their own, because the pages allow nothing inline. */

export const folderStyle = `:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, transparent); --dim: color-mix(in srgb, CanvasText 65%, transparent); background: Canvas; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
nav { margin: .5rem 0; color: var(--dim); }
a { color: LinkText; text-underline-offset: .2em; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .25rem; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
th a { color: inherit; }
td.size, td.date, th.size, th.date { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.size, td.date { color: var(--dim); }
td.check { width: 2rem; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; }
button, .button { font: inherit; min-height: 2.75rem; padding: .5rem 1rem; margin: .5rem .5rem .5rem 0; border: 1px solid var(--line); border-radius: .5rem; background: ButtonFace; color: ButtonText; display: inline-block; text-decoration: none; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.preview { display: block; max-width: 100%; max-height: 80vh; margin: 1rem 0; }
iframe.preview { width: 100%; height: 70vh; border: 1px solid var(--line); background: Canvas; }
#drop { border: 2px dashed var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
#drop.over { border-color: Highlight; }
progress { width: 100%; }
@media (max-width: 40rem) { td.date, th.date { display: none; } body { padding: .75rem; } }
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
