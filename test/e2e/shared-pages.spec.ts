/** What somebody puts into a shared folder cannot act in the browser of who opens it, and learns nothing of the link. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, openShareDialog, share, test as base } from './reading.ts';

interface Evil {
  readonly origin: string;
  /** What was asked of it: nobody should. */
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
}

/** A page that does what it can to be heard elsewhere. */
const page = (evil: string) => `<!doctype html>
  <title>harmless</title>
  <link rel="stylesheet" href="${evil}/style" />
  <meta http-equiv="refresh" content="0;url=${evil}/refresh" />
  <script>fetch('${evil}/script'); document.title = 'owned';</script>
  <body onload="fetch('${evil}/onload')">
    <img src="${evil}/img" onerror="fetch('${evil}/onerror')" />
    <iframe src="${evil}/frame"></iframe>
    <a href="${evil}/out">out</a>
    <form action="${evil}/form"><button>send</button></form>
  </body>`;
const drawing = (evil: string) => `<svg xmlns="http://www.w3.org/2000/svg" onload="fetch('${evil}/svg-onload')">
  <script>fetch('${evil}/svg-script')</script>
  <image href="${evil}/svg-image" />
</svg>`;

const test = base.extend<{ evil: Evil }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are used from the pattern
  evil: async ({}, use) => {
    const asked: Evil['asked'] = [];
    let origin = '';
    const server = createServer(({ url: path = '', headers }, response) => {
      asked.push({ path, headers });
      const body = path === '/page' ? page(origin).replace(/<meta.*/, '') : path === '/drawing' ? drawing(origin) : '';
      response.writeHead(200, { 'Content-Type': path === '/drawing' ? 'image/svg+xml' : 'text/html' }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await use({ origin, asked });
    server.closeAllConnections();
    server.close();
  },
});

test('a shared page or drawing runs no script, fetches nothing and does not tell its link', async ({
  sluice,
  visitor,
  evil,
}) => {
  // Where nothing holds them back they do all that: else this would prove nothing.
  for (const path of ['/page', '/drawing']) await visitor.goto(`${evil.origin}${path}`);
  const heard = () => evil.asked.map(({ path }) => path);
  const loud = ['/style', '/script', '/onload', '/img', '/frame', '/svg-onload', '/svg-script', '/svg-image'];
  await expect.poll(heard).toEqual(expect.arrayContaining(loud));
  await visitor.goto('about:blank');
  evil.asked.length = 0;

  const folder = join(sluice.person.downloads, 'Found');
  mkdirSync(folder);
  const tricky = `"><img src=x onerror="document.title='owned'">.txt`;
  writeFileSync(join(folder, 'page.html'), page(evil.origin));
  writeFileSync(join(folder, 'drawing.svg'), drawing(evil.origin));
  writeFileSync(join(folder, tricky), page(evil.origin));
  const dialog = await openShareDialog(sluice.page, 'Folder');
  await dialog.getByLabel('Folder', { exact: true }).fill(folder);
  const link = await share(sluice.page, dialog);
  await visitor.goto(link);
  await expect(visitor.getByRole('link', { name: tricky })).toBeVisible();
  expect(await visitor.title()).toBe('Found');
  await visitor.getByRole('link', { name: tricky }).click();
  // The text is shown as a text, in a frame that may do nothing.
  await expect(visitor.frameLocator('iframe').getByText('<title>harmless</title>')).toBeVisible();
  expect(await visitor.title()).toBe(tricky);
  for (const path of ['drawing.svg', '?preview=drawing.svg', 'page.html']) await visitor.goto(`${link}${path}`);
  expect(await visitor.title()).toBe('harmless');
  await visitor.getByRole('button', { name: 'send' }).click();
  // A link is followed, as it is anywhere; where it was found is not told.
  await visitor.getByRole('link', { name: 'out' }).click();
  await expect.poll(heard).toContain('/out');
  expect(heard().filter((path) => path !== '/favicon.ico')).toEqual(['/out']);
  for (const { headers } of evil.asked) expect(JSON.stringify(headers)).not.toContain(new URL(link).pathname);
});
