import { expect, test } from 'vitest';
import { startDelayProxy } from '../servers/delay-proxy.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer } from '../servers/range-server.ts';

test.for([0, 0.002])('a long link with loss %d delivers every byte in order, and late', async (loss) => {
  const size = 4 << 20;
  await using server = await startRangeServer({ size });
  await using proxy = await startDelayProxy({ to: server.port, rtt: 40, loss });
  const began = performance.now();
  const response = await fetch(`http://127.0.0.1:${proxy.port}/file.bin`);
  const headAfter = performance.now() - began;
  const bytes = Buffer.from(await response.arrayBuffer());
  const seconds = (performance.now() - began) / 1000;
  expect(bytes.equals(generatedBytes(1).read(0, size))).toBe(true);
  // A round trip for the handshake and one for the request; then the window opens by doubling.
  expect(headAfter).toBeGreaterThanOrEqual(79);
  expect(seconds).toBeGreaterThan(0.3);
});
