import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectInstance, type Client } from '../../electron/app/index.ts';
import { Sandbox } from './cli-process.ts';

/** Follows the job until what it shows is as wanted. */
async function until(client: Client, id: string, wanted: (done: number, state: string) => boolean): Promise<void> {
  for await (const event of await client.jobs.watch()) {
    const job = event.jobs.find((one) => one.id === id);
    const meter = event.meters.find((one) => one.id === id);
    if (wanted(meter?.done ?? job?.done ?? 0, job?.state.kind ?? '')) return;
  }
}

it('a download from the sample remote survives a host that is killed: it goes on by itself, and is whole', async () => {
  await using box = new Sandbox();
  const size = 24_000_000;
  const folder = box.path('dl');

  // The sample remote of another host, so that it outlives the one that is killed.
  await using other = new Sandbox();
  await other.host();
  const origin = await connectInstance(other.home);
  const { url, sha256 } = await origin!.client.system.sample({ size, rate: 8_000_000 });

  const first = await box.host();
  const before = await connectInstance(box.home);
  const [added] = await before!.client.jobs.add({ downloads: [{ url, folder }] });
  if (!added?.ok) throw new Error('It was not added');
  await until(before!.client, added.id, (done) => done > 8_000_000);
  first.kill('SIGKILL');
  await first.ended;
  await before!.closed;
  expect(await connectInstance(box.home)).toBeNull();

  await box.host();
  const after = await connectInstance(box.home);
  await until(after!.client, added.id, (_, state) => state === 'completed');
  const file = readFileSync(`${folder}/sluice-sample.bin`);
  expect(file).toHaveLength(size);
  expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
  origin!.close();
  after!.close();
});
