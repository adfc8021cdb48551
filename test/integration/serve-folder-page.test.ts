/** The listing of a shared folder: what is there, in order, without letting a name become a page of its own. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, folderTarget, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let link: URL;
beforeEach(async () => {
  serve = serving();
  ({ link } = await serve.add(folderTarget(serve.folder), { name: 'My files' }));
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

const page = async (query = '') => (await ask(link, `${link.pathname}${query}`)).body.toString();
const put = (name: string, size: number, day: number) => {
  writeFileSync(join(serve.folder, name), 'x'.repeat(size));
  const at = new Date(Date.UTC(2026, 0, day));
  utimesSync(join(serve.folder, name), at, at);
};
/** Names in the order in which they are listed. */
const names = (html: string) => [...html.matchAll(/aria-label="Choose ([^"]*)"/g)].map((match) => match[1]);

test('folders first, then names as people count, sizes and dates', async () => {
  put('file 10.txt', 2048, 2);
  put('file 9.txt', 10, 3);
  mkdirSync(join(serve.folder, 'zoo'));
  const html = await page();
  expect(names(html)).toEqual(['zoo', 'file 9.txt', 'file 10.txt']);
  expect(html).toContain('<title>My files</title>');
  expect(html).toContain('datetime="2026-01-02T00:00:00.000Z"');
  expect(html).toMatch(/2\.?0? (KiB|kB|KB)|2,?048|2\.0/);
});

test('sorted by size and date, both ways', async () => {
  put('small.txt', 1, 3);
  put('large.txt', 1000, 1);
  put('middle.txt', 100, 2);
  expect(names(await page('?sort=size'))).toEqual(['small.txt', 'middle.txt', 'large.txt']);
  expect(names(await page('?sort=size&order=desc'))).toEqual(['large.txt', 'middle.txt', 'small.txt']);
  expect(names(await page('?sort=date'))).toEqual(['large.txt', 'middle.txt', 'small.txt']);
  expect(await page('?sort=date')).toContain('aria-sort="ascending"');
});

test('sizes are those of now, in every order', async () => {
  put('a.txt', 1, 1);
  expect(await page('?sort=size')).toContain('1 B');
  put('a.txt', 300, 1);
  for (const sort of ['name', 'size', 'date'])
    expect([sort, await page(`?sort=${sort}`)]).toEqual([sort, expect.stringContaining('300 B')]);
});

test('a name is a text, in the listing, in a preview and in a title', async () => {
  const evil = [
    '<script>alert(1)<x>.txt',
    '"><img src=x onerror=alert(1)>.png',
    "' onclick='alert(1).txt",
    '&lt;b&gt;.txt',
  ];
  for (const name of evil) if (!name.includes('/')) put(name, 1, 1);
  const html = await page();
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('<img src=x');
  expect(html).not.toContain("' onclick='");
  expect(html).toContain('&lt;script&gt;alert(1)');
  const preview = await page(`?preview=${encodeURIComponent(evil[1] ?? '')}`);
  expect(preview).toContain('<img class="preview"');
  expect(preview).not.toContain('<img src=x');
});

test('pages allow no inline script, no other origin and no frame around them', async () => {
  const { fields } = await ask(link, link.pathname);
  const policy = fields['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).toContain("frame-ancestors 'none'");
  const html = await page();
  expect(html).not.toMatch(/<script(?![^>]*src=)/);
  expect(html).not.toMatch(/ on\w+="/);
  expect(html).not.toMatch(/ style="/);
  // The style is beside it.
  const style = await ask(link, `${link.pathname}?asset=style`);
  expect(style.fields['content-type']).toBe('text/css; charset=utf-8');
});

test('a text is previewed in a sandbox, and as a text', async () => {
  put('page.js', 10, 1);
  const html = await page('?preview=page.js');
  expect(html).toMatch(/<iframe[^>]*sandbox=""/);
  const text = await ask(link, `${link.pathname}page.js?text=1`);
  expect(text.fields['content-type']).toBe('text/plain; charset=utf-8');
});

test('a thousand entries come in pages', async () => {
  for (let n = 0; n < 1001; n += 1) writeFileSync(join(serve.folder, `f${n}.txt`), '');
  const first = await page();
  expect(names(first)).toHaveLength(500);
  expect(first).toContain('rel="next"');
  expect(first).toContain('page 1 of 3');
  const last = await page('?page=3');
  expect(names(last)).toEqual(['f1000.txt']);
  expect(last).toContain('rel="prev"');
  for (const odd of ['0', '-1', 'x', '1e9', '99999999999999999999'])
    expect(await page(`?page=${odd}`)).toContain('<h1>');
});

test('a new file is in the next listing', async () => {
  put('one.txt', 1, 1);
  expect(names(await page())).toEqual(['one.txt']);
  put('two.txt', 1, 1);
  expect(names(await page())).toEqual(['one.txt', 'two.txt']);
});

test('a folder without its slash is led to the one with', async () => {
  mkdirSync(join(serve.folder, 'sub'));
  const answer = await ask(link, `${link.pathname}sub`);
  expect(answer.status).toBe(308);
  expect(answer.fields['location']).toBe(`${link.pathname}sub/`);
  const root = await ask(link, link.pathname.replace(/\/$/, ''));
  expect(root.fields['location']).toBe(link.pathname);
});
