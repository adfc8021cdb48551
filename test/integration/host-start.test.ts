/** `npm start` where there is no display: one sentence, and the window at a link. */
import { expect, it } from 'vitest';
import { Sandbox } from './cli-process.ts';

it.runIf(process.platform === 'linux')('says what is missing and serves the window to a browser', async () => {
  await using box = new Sandbox();
  const start = box.start({ DISPLAY: '', WAYLAND_DISPLAY: '' });
  const sentence = await start.note(/so the window is served to your browser instead\.$/);
  expect(sentence).toMatch(/^(Electron’s program is not installed here|There is no display here)/);
  await expect.poll(() => start.stdout).toHaveLength(1);
  const link = new URL(start.stdout[0] ?? '');
  expect(link.hash).toMatch(/^#token=[\w-]{43}$/);
  const page = await (await fetch(link.origin)).text();
  expect(page).toContain('<div id="root">');

  expect(await box.run('quit').ended).toBe(0);
  expect(await start.ended).toBe(0);
});
