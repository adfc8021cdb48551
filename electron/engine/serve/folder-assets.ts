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

/** Uploads by tus 1.0.0 (tus.io): a file that stops in the middle goes on where the server says it is. */
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
async function upload(file) {
  const line = document.createElement('li');
  const text = document.createElement('span');
  const bar = document.createElement('progress');
  bar.max = Math.max(1, file.size);
  bar.value = 0;
  text.textContent = file.name;
  line.append(text, bar);
  list.append(line);
  const bytes = new TextEncoder().encode(file.name);
  const name = btoa(String.fromCharCode(...bytes));
  const made = await fetch(location.pathname, { method: 'POST', headers: { ...tus, 'Upload-Length': String(file.size), 'Upload-Metadata': 'filename ' + name } });
  if (!made.ok) { text.textContent = file.name + ': ' + (await made.text()); bar.remove(); return; }
  const place = made.headers.get('Location');
  let offset = 0;
  for (let tries = 0; offset < file.size;) {
    try {
      const sent = await fetch(place, { method: 'PATCH', headers: { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }, body: file.slice(offset, offset + PIECE) });
      if (sent.ok) { offset = Number(sent.headers.get('Upload-Offset')); bar.value = offset; tries = 0; continue; }
      if (!PASSING.includes(sent.status)) { text.textContent = file.name + ': ' + (await sent.text()); bar.remove(); return; }
    } catch {}
    if (++tries > TRIES) { text.textContent = file.name + ': the connection is lost.'; bar.remove(); return; }
    await wait(Math.min(5000, 500 * tries));
    try {
      const known = await fetch(place, { method: 'HEAD', headers: tus });
      if (known.ok) offset = Number(known.headers.get('Upload-Offset'));
    } catch {}
    bar.value = offset;
  }
  text.textContent = file.name + ' is there.';
  bar.remove();
}
async function all(files) { for (const file of files) await upload(file); }
chosen.addEventListener('change', () => all([...chosen.files]));
drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => { event.preventDefault(); drop.classList.remove('over'); void all([...event.dataTransfer.files]); });
`;
