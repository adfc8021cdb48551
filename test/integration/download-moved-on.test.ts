/** Answers that change their nature while a file is fetched: redirected on, or in another content coding. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drive, namesIn, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 6 * MIB + 77;
const serve = rangeServers();

test('a part that is redirected elsewhere is fetched from there', async () => {
  const server = await serve({ size: SIZE, held: [2 * MIB, SIZE] });
  await withFolder(async (folder) => {
    const driven = drive(server.url, { folder, connections: 1 });
    await expect.poll(() => server.bytesSent, { interval: 5 }).toBeGreaterThan(MIB);
    server.set({
      held: null,
      intercept: ({ url }, response) => {
        if (url === '/node2') return false;
        response.writeHead(307, { location: '/node2', 'content-length': 0 }).end();
        return true;
      },
    });
    server.dropConnections();
    const { outcome, runs } = await driven;
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(runs, 'without another run').toBe(1);
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(server.requests.at(-1)).toMatchObject({ url: '/node2', status: 206 });
  });
});

test('one that is redirected without end ends the run', async () => {
  const server = await serve({ size: SIZE, held: [2 * MIB, SIZE] });
  await withFolder(async (folder) => {
    const driven = drive(server.url, { folder, connections: 1, tries: 1 });
    await expect.poll(() => server.bytesSent, { interval: 5 }).toBeGreaterThan(MIB);
    let hops = 0;
    server.set({
      intercept: (_, response) => {
        hops += 1;
        response.writeHead(302, { location: `/hop${hops}`, 'content-length': 0 }).end();
        return true;
      },
    });
    server.dropConnections();
    const { outcome } = await driven;
    expect(['failed', 'attention', 'retry']).toContain(outcome.kind);
    expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
  });
});

test('54: one that is redirected from https to http waits with what is here, and goes on from there once allowed', async () => {
  const server = await serve({ size: SIZE, tls: true, held: [2 * MIB, SIZE] });
  const plain = await serve({ size: SIZE });
  await withFolder(async (folder) => {
    const driven = drive(server.url, { folder, connections: 1, tries: 2 });
    await expect.poll(() => server.bytesSent, { interval: 5 }).toBeGreaterThan(MIB);
    server.set({
      intercept: (_, response) => {
        response.writeHead(302, { location: plain.url, 'content-length': 0 }).end();
        return true;
      },
    });
    server.dropConnections();
    const { outcome, journal } = await driven;
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'insecure-redirect' } });
    expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
    expect(plain.requests).toEqual([]);

    const allowed = await drive(server.url, { folder, connections: 1, resume: journal, plainHttp: ['127.0.0.1'] });
    expect(allowed.outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    const [, kept = 0] = journal?.committed[0] ?? [];
    expect(plain.requests.map(({ headers }) => headers.range)).toEqual([`bytes=${kept - 65_536}-`]);
  });
});

const codings = [
  ['compressed', null, 'gzip'],
  ['plain', 'gzip', null],
] as const;

for (const ranges of [true, false]) {
  test.each(codings)(
    `what comes ${ranges ? 'in part' : 'whole'} and %s where it was not before is other bytes, whatever its ETag says`,
    async (_, before, after) => {
      const fields = (coding: string | null) => (coding === null ? {} : { 'content-encoding': coding });
      const server = await serve({ size: SIZE, held: [2 * MIB, SIZE], fields: fields(before) });
      await withFolder(async (folder) => {
        const driven = drive(server.url, { folder, connections: 1 });
        await expect.poll(() => server.bytesSent, { interval: 5 }).toBeGreaterThan(MIB);
        server.set({ held: null, fields: fields(after), ranges });
        server.dropConnections();
        expect((await driven).outcome).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });
        expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
      });
    },
  );
}
