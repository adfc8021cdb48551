/** Ten thousand jobs: only the rows in sight exist, and a search answers at once. */
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { EngineDouble } from './engine-double.ts';
import { button, openWindow, press, row, rowNames } from './harness.tsx';
import { manyJobs, metersFor } from './samples.ts';

/** Rows in sight, the reserve above and below, and the one with the focus; far fewer than there are jobs. */
const most = 45;

async function openMany(): Promise<EngineDouble> {
  const jobs = manyJobs(10_000);
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs) });
  await openWindow(engine);
  await expect.element(button('All 10,000')).toBeVisible();
  await expect.poll(() => rowNames().length).toBeGreaterThan(10);
  return engine;
}

const isRow = (node: Node) => node instanceof Element && node.matches('[data-job]');

/** Milliseconds until the page has drawn what `act` changed. */
async function timeToPaint(act: () => void, isDone: () => boolean): Promise<number> {
  const began = performance.now();
  act();
  while (!isDone()) await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - began;
}

test('few rows exist, wherever the list stands', async () => {
  await openMany();
  expect(rowNames().length).toBeLessThan(most);
  await expect.element(page.getByRole('grid')).toHaveAttribute('aria-rowcount', '10001');
  await row(document.querySelector('[data-job]')?.getAttribute('aria-label') ?? '').click();
  await press('{End}');
  await expect.poll(() => document.activeElement?.getAttribute('aria-rowindex')).toBe('10001');
  expect(rowNames().length).toBeLessThan(most);
  await press('{Home}');
  await expect.poll(() => document.activeElement?.getAttribute('aria-rowindex')).toBe('2');
});

test('scrolling far draws only what comes into sight', async () => {
  await openMany();
  const scroller = document.querySelector<HTMLElement>('[role=grid] [role=rowgroup]:last-child');
  if (!scroller) throw new Error('There is no list');
  let drawn = 0;
  const observer = new MutationObserver((changes) => {
    drawn += changes.flatMap(({ addedNodes }) => [...addedNodes]).filter(isRow).length;
  });
  observer.observe(scroller, { childList: true, subtree: true });
  const steps = 40;
  for (let i = 1; i <= steps; i += 1) {
    scroller.scrollTop = i * 900;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  await expect.poll(() => drawn).toBeGreaterThan(10);
  observer.disconnect();
  expect(scroller.scrollTop).toBe(steps * 900);
  expect(rowNames().length).toBeLessThan(most);
  expect(drawn).toBeLessThan(steps * most);
});

test('a search answers within a few frames', async () => {
  await openMany();
  const input = page.getByRole('textbox', { name: 'Search jobs' }).element() as HTMLInputElement;
  const type = (text: string) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, text);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const rowCount = () => Number(page.getByRole('grid').element().getAttribute('aria-rowcount'));
  const first = await timeToPaint(
    () => type('lecture'),
    () => rowCount() === 1 + 1250,
  );
  const second = await timeToPaint(
    () => type('lecture 009'),
    () => rowCount() < 1250,
  );
  // Tens of ms; React's development build is several times as slow, and the machine may do other things too.
  expect(first).toBeLessThan(5000);
  expect(second).toBeLessThan(5000);
  expect(rowNames().every((id) => document.querySelector(`[data-job="${id}"]`)?.ariaLabel?.includes('lecture'))).toBe(
    true,
  );
});

test('a search that finds nothing says so, and clears', async () => {
  await openMany();
  await userEvent.fill(page.getByRole('textbox', { name: 'Search jobs' }), 'nowhere');
  await expect.element(page.getByText('Nothing matches “nowhere”.')).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Clear search' }).click();
  await expect.poll(() => rowNames().length).toBeGreaterThan(10);
});

test('changes to many jobs at once are one redraw', async () => {
  const engine = await openMany();
  const jobs = manyJobs(10_000).map((job) =>
    job.state.kind === 'queued' ? { ...job, state: { kind: 'paused' as const } } : job,
  );
  const took = await timeToPaint(
    () => engine.change({ jobs }),
    () => document.querySelector('[data-state="paused"]') !== null,
  );
  // Checked by the double against the schema as well, which the window does not do.
  expect(took).toBeLessThan(15_000);
});
