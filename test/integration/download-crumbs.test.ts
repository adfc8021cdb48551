/** A server that answers with a crumb of what was asked for is given time, as one that answers with nothing is. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { drive, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 3 * MIB;
const serve = rangeServers();

test('each crumb is a failed try, after which it waits', async () => {
  const server = await serve({ size: SIZE, etag: '"one"', held: [MIB, SIZE] });
  let crumbs = 3;
  let isBroken = false;
  const breakOff = () => {
    isBroken = true;
    server.set({
      held: null,
      intercept: ({ headers }, response) => {
        if (crumbs === 0) return false;
        crumbs -= 1;
        const start = Number(/\d+/.exec(headers.range ?? '')?.[0]);
        const range = `bytes ${start}-${start}/${SIZE}`;
        response.writeHead(206, { 'content-range': range, 'content-length': 1, etag: '"one"' });
        response.end(generatedBytes(1).read(start, start + 1));
        return true;
      },
    });
    server.dropConnections();
  };
  await withFolder(async (folder) => {
    const { outcome, events } = await drive(server.url, {
      folder,
      connections: 1,
      stopAt: (event) => {
        if (!isBroken && event.kind === 'committed' && event.journal.committed[0]?.[1] === MIB) breakOff();
        return false;
      },
    });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    const lost = events.filter(
      (event) => event.kind === 'activity' && event.text.includes('closed the connection early'),
    );
    expect(lost.length).toBeGreaterThanOrEqual(3);
  });
});
