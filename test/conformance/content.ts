/** The files that servers under test serve. Every byte is known without reading them. */
import { closeSync, ftruncateSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { files, type FileName } from './case.ts';

/** A day ago: no validator is of the running second. */
export const MODIFIED = new Date(Math.floor(Date.now() / 1000 - 86_400) * 1000);

/** Positions in huge.bin that are marked, eight bytes each: the rest is a hole. */
const MARKS = [0, 2 ** 31 - 4, 2 ** 32 - 4, files['huge.bin'] - 8];

const texts: Readonly<Record<string, string>> = {
  'page.html': '<!doctype html><script>document.title = "run"</script>',
  'vector.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
};

/** The bytes [start, end) of a file. */
export function fileBytes(name: FileName, start = 0, end: number = files[name]): Buffer {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  if (name === 'data.bin') {
    // Two bytes say one position: slices are told apart.
    for (let at = start; at < end; at += 1) bytes[at - start] = at % 2 === 0 ? (at >> 8) & 255 : at & 255;
  } else if (name === 'huge.bin') {
    for (const mark of MARKS) {
      const text = Buffer.alloc(8);
      text.writeBigUInt64BE(BigInt(mark));
      for (let i = 0; i < 8; i += 1) if (mark + i >= start && mark + i < end) bytes[mark + i - start] = text[i] ?? 0;
    }
  } else if (name !== 'empty.bin') {
    Buffer.from((texts[name] ?? '').padEnd(files[name])).copy(bytes, 0, start, end);
  }
  return bytes;
}

/** Writes the files into a folder. */
export function writeFiles(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of Object.keys(files) as FileName[]) {
    const path = join(folder, name);
    if (name === 'huge.bin') {
      const fd = openSync(path, 'w');
      ftruncateSync(fd, files[name]);
      for (const mark of MARKS) writeSync(fd, fileBytes(name, mark, mark + 8), 0, 8, mark);
      closeSync(fd);
    } else {
      writeFileSync(path, fileBytes(name));
    }
    utimesSync(path, MODIFIED, MODIFIED);
  }
}
