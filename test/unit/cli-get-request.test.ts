import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { findUnfinished, toRequests } from '../../electron/cli/get-request.ts';
import { engineDouble } from './app-engine-double.ts';

const url = 'https://a.test/x.iso';

it('flags become the request, with an absolute folder', () => {
  const flags = {
    output: 'dl',
    connections: '4',
    limit: '2M',
    checksum: 'sha-256:ab',
    header: ['A: b', 'Referer:https://c.test/:d'],
  };
  expect(toRequests([url], flags, '/work')).toEqual([
    {
      url,
      folder: resolve('/work/dl'),
      connections: 4,
      limit: 2_000_000,
      checksum: 'sha-256:ab',
      headers: { A: 'b', Referer: 'https://c.test/:d' },
    },
  ]);
});

it('without flags the folder is the one the command is given in', () => {
  expect(toRequests([url], {}, '/work')).toEqual([{ url, folder: resolve('/work') }]);
});

it('a link given twice is one download, and a sluice: link is the link inside', () => {
  expect(toRequests([url, `sluice:${url}`, 'https://a.test/y'], {}, '/').map((request) => request.url)).toEqual([
    url,
    'https://a.test/y',
  ]);
});

it.each([
  [{ connections: '0' }, 'connections from 1 to 16'],
  [{ connections: '17' }, 'connections from 1 to 16'],
  [{ connections: '4x' }, 'connections from 1 to 16'],
  [{ limit: 'fast' }, '“fast” is not a speed'],
  [{ limit: '0' }, '“0” is not a speed'],
  [{ header: ['no colon'] }, '--header needs a name and a value'],
  [{ header: ['a b: c'] }, '--header needs a name and a value'],
])('%o is refused', (flags, sentence) => {
  expect(() => toRequests([url], flags, '/')).toThrow(sentence);
});

it.each(['name', 'checksum'])('--%s is for one link', (flag) => {
  expect(() => toRequests([url, `${url}2`], { [flag]: 'x' }, '/')).toThrow(
    `--${flag} is for one link, and there are 2.`,
  );
});

/** A job of this link in /dl, in a state. */
function jobs(kind: 'paused' | 'completed' | 'cancelled') {
  const engine = engineDouble('/dl');
  engine.add([{ url, folder: '/dl' }]);
  const { id } = engine.list()[0]!;
  engine.move(id, kind === 'completed' ? { kind, at: 1, proof: 'size' } : { kind });
  return engine.list();
}

it('the same command again means the unfinished job, whatever credentials and fragment the link has', () => {
  for (const same of [url, 'https://ada:secret@a.test/x.iso', `${url}#part`]) {
    expect(findUnfinished({ url: same, folder: '/dl' }, jobs('paused'))).toMatchObject({ url });
  }
});

it('another link, folder, name or checksum means another job', () => {
  const others = [
    { url: `${url}?v=2`, folder: '/dl' },
    { url, folder: '/elsewhere' },
    { url, folder: '/dl', name: 'y.iso' },
    { url, folder: '/dl', checksum: `sha-256:${'0'.repeat(64)}` },
  ];
  for (const request of others) expect(findUnfinished(request, jobs('paused'))).toBeUndefined();
});

it('a job that has ended for good is not gone on with', () => {
  expect(findUnfinished({ url, folder: '/dl' }, jobs('completed'))).toBeUndefined();
  expect(findUnfinished({ url, folder: '/dl' }, jobs('cancelled'))).toBeUndefined();
});
