/** The media type that a shared file is sent under. */
import { expect, test } from 'vitest';
import { mediaTypeOf } from '../../electron/engine/serve/file-content.ts';
import { kindOf } from '../../electron/engine/serve/folder-page.ts';

test.each([
  ['image', 'png jpg jpeg gif webp avif bmp svg'],
  ['video', 'mp4 m4v webm ogv mov'],
  ['audio', 'mp3 m4a aac ogg oga opus wav flac'],
])('what is previewed as %s is sent as that', (kind, extensions) => {
  for (const extension of extensions.split(' ')) {
    for (const name of [`a.${extension}`, `A.B.${extension.toUpperCase()}`]) {
      expect([name, kindOf(name), mediaTypeOf(name)]).toEqual([name, kind, expect.stringMatching(`^${kind}/`)]);
    }
  }
});

test.each([
  ['film.mkv', 'video/x-matroska'],
  ['book.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['rows.ndjson', 'application/x-ndjson'],
  ['rows.parquet', 'application/vnd.apache.parquet'],
  ['rows.csv', 'text/csv; charset=utf-8'],
  ['rows.json', 'application/json; charset=utf-8'],
  ['rows.csv.gz', 'application/gzip'],
  ['rows.csv.zst', 'application/zstd'],
  ['notes.txt', 'text/plain; charset=utf-8'],
  ['html', 'application/octet-stream'],
  ['.html', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
  ['a.', 'application/octet-stream'],
])('%s is %s', (name, type) => {
  expect(mediaTypeOf(name)).toBe(type);
});
