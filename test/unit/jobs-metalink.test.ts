import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MetalinkFile } from '../../electron/engine/remote/index.ts';
import { failure } from '../../shared/failure.ts';
import type { Job } from '../../shared/job.ts';
import { createWorld, journal, retry, until, type World } from './jobs-world.ts';
import { asDownload } from '../tools/as-download.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const MD5 = { algorithm: 'md5', value: 'a'.repeat(32) } as const;
const pieces = { length: 256, algorithm: 'sha-256', digests: ['b'.repeat(64)] } as const;

function file(name: string, more: Partial<MetalinkFile> = {}): MetalinkFile {
  const urls = [`https://one.example/${name}`, `https://two.example/${name}`, `https://three.example/${name}`];
  return { name, size: 1000, urls, checksum: MD5, pieces: null, ...more };
}

/** A job whose link leads to a document of these files; resolves when they have taken its place. */
async function expand(files: readonly MetalinkFile[], request: Parameters<World['add']>[0] = {}): Promise<Job[]> {
  const id = world.add({ url: 'https://example.com/list.meta4', ...request });
  await world.downloads.running(id);
  const starts = world.downloads.started.length;
  world.downloads.end(id, { kind: 'metalink', files });
  await until(() => world.downloads.started.length > starts || ['failed', 'attention'].includes(world.state(id)));
  return world.jobs.list();
}

describe('a Metalink document', () => {
  test('becomes its files, in its place, with what proves them and what the job had', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const id = world.add({ url: 'https://example.com/list.meta4', limit: 500, priority: 'high' });
    await world.downloads.running(id);
    const behind = world.add();
    world.downloads.end(id, {
      kind: 'metalink',
      files: [file('a.iso', { pieces }), file('../b:c.iso', { size: null })],
    });
    const run = await world.downloads.running(id);
    expect(run.spec).toMatchObject({
      url: 'https://one.example/a.iso',
      mirrors: ['https://two.example/a.iso', 'https://three.example/a.iso'],
      name: 'a.iso',
      folder: world.files,
      checksum: MD5,
      pieces,
      limit: 500,
    });
    const jobs = world.jobs.list();
    expect(jobs.map((job) => [job.name, job.size, job.priority])).toEqual([
      ['a.iso', 1000, 'high'],
      ['__b_c.iso', null, 'high'],
      [expect.any(String), null, 'normal'],
    ]);
    expect([jobs[0]?.id, jobs[2]?.id]).toEqual([id, behind]);
    expect(world.jobs.detail(jobs[1]!.id).activity.at(-1)?.text).toBe('Named by the Metalink document of example.com.');
  });

  test('its files survive a restart with their pieces', async () => {
    const [job] = await expand([file('a.iso', { pieces, checksum: null })]);
    await world.jobs.close();
    world.reopen();
    const { spec } = await world.downloads.running(job!.id);
    expect(spec).toMatchObject({ pieces, mirrors: ['https://two.example/a.iso', 'https://three.example/a.iso'] });
  });

  test('without a checksum the mirrors prove nothing, and are left alone', async () => {
    const [job] = await expand([file('a.iso', { checksum: null })]);
    expect(asDownload(job).mirrors).toEqual([]);
    expect((await world.downloads.running(job!.id)).spec.mirrors).toEqual([]);
  });

  test('what the person asked for goes before what it says', async () => {
    const checksum = `sha-1:${'c'.repeat(40)}`;
    const [job] = await expand([file('a.iso')], { checksum, name: 'mine.iso' });
    expect(job).toMatchObject({ name: 'mine.iso', checksum: { algorithm: 'sha-1' } });
  });

  test('credentials of its own host go to no other', async () => {
    const headers = { Cookie: 'hush' };
    const urls = ['https://example.com/b.iso'];
    const [first, second] = await expand([file('a.iso'), file('b.iso', { urls })], { headers });
    expect((await world.downloads.running(first!.id)).spec.headers).toEqual({});
    expect((await world.downloads.running(second!.id)).spec.headers).toEqual(headers);
  });

  test('an unproven file comes no less safely than the document', async () => {
    const urls = ['http://one.example/a', 'https://two.example/a'];
    const [job] = await expand([file('a', { checksum: null, urls })]);
    expect(asDownload(job).url).toBe('https://two.example/a');
    const [, failed] = await expand([file('b', { checksum: null, urls: urls.slice(0, 1) })]);
    expect(failed?.state).toMatchObject({ kind: 'attention', failure: { code: 'insecure-redirect' } });
    const { id } = failed!;
    await world.jobs.decide(id, 'allow-http');
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'metalink', files: [file('b', { checksum: null, urls: urls.slice(0, 1) })] });
    expect((await world.downloads.running(id)).spec.url).toBe('http://one.example/a');
  });

  test('one that leads to another, itself perhaps, ends there', async () => {
    const [job] = await expand([file('a.meta4', { urls: ['https://one.example/a.meta4'] })]);
    world.downloads.end(job!.id, { kind: 'metalink', files: [file('a.meta4'), file('b.meta4')] });
    await until(() => world.state(job!.id) === 'failed');
    expect(world.jobs.list()).toHaveLength(1);
    expect(world.jobs.get(job!.id).state).toMatchObject({ failure: { code: 'bad-response' } });
  });

  test('a pause or a removal meanwhile counts', async () => {
    const id = world.add();
    await world.downloads.running(id);
    world.downloads.obedient = false;
    world.jobs.pause([id]);
    world.downloads.end(id, { kind: 'metalink', files: [file('a'), file('b')] });
    await until(() => world.state(id) === 'paused');
    expect(world.jobs.list()).toHaveLength(1);
  });
});

describe('mirrors', () => {
  const mirrors = ['https://two.example/f', 'https://me:hush@three.example/f', 'https://two.example/f'];
  const request = { url: 'https://one.example/f', mirrors, checksum: MD5.value };

  test('are checked like links, each once, their credentials kept out of the job', async () => {
    const id = world.add(request);
    expect(asDownload(world.jobs.get(id)).mirrors).toEqual(['https://two.example/f', 'https://three.example/f']);
    expect((await world.downloads.running(id)).spec.mirrors).toEqual(mirrors.slice(0, 2));
    expect(() => world.add({ mirrors: ['ftp://x.example/'] })).toThrow('cannot read ftp');
  });

  test('are not used without a checksum', async () => {
    const id = world.add({ ...request, checksum: 'auto' });
    expect((await world.downloads.running(id)).spec).toMatchObject({ mirrors: [], findChecksum: true, checksum: null });
  });

  test('take the place of a link that is dead, one after the other, without its credentials', async () => {
    const id = world.add({ ...request, headers: { Cookie: 'a=1' } });
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'failed', failure: failure('not-found', { host: 'one.example', status: 404 }) });
    const second = await world.downloads.running(id);
    expect(second.spec).toMatchObject({ url: 'https://two.example/f', headers: {}, mirrors: [mirrors[1]] });
    world.downloads.end(id, { kind: 'failed', failure: failure('connection-refused', { host: 'two.example' }) });
    expect((await world.downloads.running(id)).spec).toMatchObject({ url: mirrors[1], mirrors: [] });
    world.downloads.end(id, { kind: 'failed', failure: failure('not-found', { status: 404 }) });
    expect(world.state(id)).toBe('failed');
    expect(asDownload(world.jobs.get(id)).url).toBe('https://three.example/f');
  });

  test('a link that is only busy comes last', async () => {
    const id = world.add(request);
    await world.downloads.running(id);
    world.downloads.end(id, retry('too-busy'));
    expect(world.state(id)).toBe('waiting');
    await world.clock.advance(1000);
    expect((await world.downloads.running(id)).spec).toMatchObject({
      url: 'https://two.example/f',
      mirrors: [mirrors[1], 'https://one.example/f'],
    });
  });

  test('a link that has begun and is away for three runs gives its place to the others too, and comes again', async () => {
    const id = world.add(request);
    const used: string[] = [];
    for (let run = 0; run < 5; run += 1) {
      used.push((await world.downloads.running(id)).spec.url);
      if (run === 0) world.downloads.tell(id, { kind: 'started', journal: journal('f', 1000, [[0, 500]]) });
      world.downloads.end(id, retry('too-busy'));
      await world.clock.advance(60_000);
    }
    expect(used).toEqual([...Array<string>(3).fill('https://one.example/f'), ...request.mirrors.slice(0, 2)]);
    expect((await world.downloads.running(id)).spec.url).toBe('https://one.example/f');
  });

  test('and a link of something that has begun all keep their places, until each has failed and the person is asked', async () => {
    const id = world.add(request);
    const links = [request.url, ...mirrors.slice(0, 2)];
    const changed = { kind: 'attention', failure: failure('changed', { detail: 'its bytes are others' }) } as const;
    const used: string[] = [];
    const run = async () => used.push((await world.downloads.running(id)).spec.url);
    await run();
    world.downloads.tell(id, { kind: 'started', journal: journal('f', 1000, [[0, 500]]) });
    world.downloads.end(id, changed);
    // One that only fails is tried thrice, and is no reason to forget those that were asked before.
    for (let n = 0; n < 3; n += 1) {
      await run();
      world.downloads.end(id, retry('too-busy'));
      await world.clock.advance(60_000);
    }
    await run();
    world.downloads.end(id, changed);
    expect(used).toEqual([links[0], links[1], links[1], links[1], links[2]]);
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });

    await world.jobs.decide(id, 'start-over', {});
    const { spec, resume } = await world.downloads.running(id);
    expect([resume, spec.url, spec.mirrors]).toEqual([null, links[2], links.slice(0, 2)]);
  });

  test('that took the place of the link give it back where bytes were wrong', async () => {
    const id = world.add(request);
    await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: journal('f', 1000, [[0, 500]]) });
    world.downloads.end(id, { kind: 'attention', failure: failure('changed', { detail: 'it is shorter now' }) });
    expect((await world.downloads.running(id)).spec.url).toBe(mirrors[0]);
    world.downloads.end(id, {
      kind: 'attention',
      failure: failure('checksum-mismatch', { algorithm: 'MD5', part: 'f' }),
    });
    await world.jobs.decide(id, 'start-over', {});
    expect((await world.downloads.running(id)).spec).toMatchObject({ url: request.url, mirrors: [] });
  });

  test('are left out of what begins anew after bytes that were wrong', async () => {
    const id = world.add(request);
    await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: journal('f', 1000, [[0, 1000]]) });
    world.downloads.end(id, {
      kind: 'attention',
      failure: failure('checksum-mismatch', { algorithm: 'MD5', part: 'f' }),
    });
    await world.jobs.decide(id, 'start-over', {});
    expect((await world.downloads.running(id)).spec).toMatchObject({ url: 'https://one.example/f', mirrors: [] });
  });

  test('without a network no mirror is better', async () => {
    const id = world.add(request);
    await world.downloads.running(id);
    world.online = false;
    world.downloads.end(id, { kind: 'failed', failure: failure('host-not-found', { host: 'one.example' }) });
    expect(world.jobs.get(id)).toMatchObject({ url: 'https://one.example/f', state: { reason: 'offline' } });
  });

  test('trouble of this computer is no fault of the link', async () => {
    const id = world.add(request);
    await world.downloads.running(id);
    world.downloads.end(id, { kind: 'attention', failure: failure('disk-full', { folder: 'x' }) });
    expect(world.jobs.get(id)).toMatchObject({ url: 'https://one.example/f', state: { kind: 'attention' } });
  });

  test('a link that leads to a file of another size is left at once, and its bytes go', async () => {
    const [job] = await expand([file('a.iso')]);
    const { id } = job!;
    await world.downloads.running(id);
    const part = join(world.files, 'a.iso.sluice');
    writeFileSync(part, 'wrong');
    world.downloads.tell(id, { kind: 'started', journal: journal('a.iso', 5) });
    await until(() => world.downloads.started.at(-1)?.url === 'https://two.example/a.iso');
    const run = await world.downloads.running(id);
    expect([run.resume, existsSync(part), world.jobs.get(id).size]).toEqual([null, false, 1000]);
  });

  test('where all lead to a file of another size, the person is told', async () => {
    const [job] = await expand([file('a.iso', { urls: ['https://one.example/a'] })]);
    await world.downloads.running(job!.id);
    world.downloads.tell(job!.id, { kind: 'started', journal: journal('a.iso', 5) });
    await until(() => world.state(job!.id) === 'attention');
    expect(world.jobs.get(job!.id).state).toMatchObject({
      failure: { code: 'changed', params: { detail: 'it has 5 bytes, and the Metalink document says 1000' } },
    });
  });
});
