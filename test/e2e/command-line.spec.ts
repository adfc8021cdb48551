/** The same promise by the command line: typed again, it goes on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, root, test, type Person } from './sluice.ts';
import { sha256Of } from './window.ts';

const size = 512 << 20;

/** Types `sluice get`; `stop` may end it at some share of the file by a signal. Resolves with its exit code. */
async function get(
  person: Person,
  args: readonly string[],
  stop?: { readonly at: number; readonly signal: NodeJS.Signals },
): Promise<{ code: number | null; shares: number[] }> {
  const child = spawn(process.execPath, [join(root, 'dist/electron/cli.js'), 'get', ...args, '--json'], {
    env: person.env,
    cwd: person.downloads,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const shares: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as { event: string; done?: number };
    if (event.event !== 'progress' || event.done === undefined) continue;
    shares.push(event.done / size);
    if (stop && event.done / size >= stop.at) child.kill(stop.signal);
  }
  const [code] = (await ended) as [number | null];
  return { code, shares };
}

test('a large download by the command line: interrupted, killed three times, whole in the end', async ({
  person,
  origin,
}, { project }) => {
  test.skip(project.name !== 'browser', 'the command line has no window: once is enough');
  origin.set({ size, connectionRate: 3_000_000 });
  const sha256 = await origin.sha256();
  const args = [origin.url, '--connections', '4', '--checksum', `sha-256:${sha256}`, '--home', person.home];
  const file = join(person.downloads, 'file.bin');

  const paused = await get(person, args, { at: 0.1, signal: 'SIGINT' });
  expect(paused.code).toBe(130);
  expect(existsSync(`${file}.sluice`)).toBe(true);

  for (const at of [0.25, 0.5, 0.75]) {
    const { code, shares } = await get(person, args, { at, signal: 'SIGKILL' });
    expect(code).toBe(null);
    expect(shares[0], 'it goes on where it was').toBeGreaterThan(at - 0.25 - 0.06);
    expect(existsSync(file)).toBe(false);
  }

  expect((await get(person, args)).code).toBe(0);
  expect(await sha256Of(file)).toBe(sha256);
  expect(existsSync(`${file}.sluice`)).toBe(false);
  expect(origin.bytesSent / size).toBeLessThanOrEqual(1.1);
});
