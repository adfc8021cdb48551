/** Shares as people have them, for tests and pictures. The same at every run. */
import type { NetworkInfo, Share, ShareDetail } from '../../shared/share.ts';
import { sampleNow } from './samples.ts';

export function sampleShare(given: Partial<Share> & { id: string }): Share {
  return {
    target: { kind: 'file', path: `/home/ada/${given.id}` },
    name: given.id,
    audience: 'this-computer',
    expiresAt: null,
    deliveries: null,
    limit: null,
    disposition: 'inline',
    hasPassword: false,
    createdAt: sampleNow - 40 * 60_000,
    state: { kind: 'on' },
    links: [`http://127.0.0.1:8321/s/9kXw2mQpZr4T/${given.id}`],
    size: null,
    readers: 0,
    rate: 0,
    sent: 0,
    ...given,
  };
}

export const sampleShares: Share[] = [
  sampleShare({
    id: 'film',
    name: 'city-council-2026-05-11.mp4',
    target: { kind: 'job', job: 'stream' },
    audience: 'network',
    links: [
      'http://192.168.1.24:8321/s/9kXw2mQpZr4TbV/city-council-2026-05-11.mp4',
      'http://127.0.0.1:8321/s/9kXw2mQpZr4TbV/city-council-2026-05-11.mp4',
    ],
    readers: 2,
    rate: 6_420_000,
    sent: 812_400_000,
    expiresAt: sampleNow + 6 * 3600_000,
    limit: 25_000_000,
  }),
  sampleShare({
    id: 'music',
    name: 'Music',
    target: { kind: 'folder', path: '/home/ada/Music', hidden: false, uploads: false, uploadQuota: null },
    hasPassword: true,
    sent: 41_000_000,
  }),
  sampleShare({
    id: 'orders',
    name: 'Orders of a day',
    target: {
      kind: 'query',
      connection: 'shop',
      sql: 'SELECT * FROM orders WHERE placed_at::date = $1',
      parameters: [{ name: 'p1', value: null }],
    },
    deliveries: 5,
  }),
  sampleShare({
    id: 'gone',
    name: 'thesis-final.pdf',
    target: { kind: 'file', path: '/home/ada/thesis-final.pdf' },
    state: { kind: 'broken', message: 'The file /home/ada/thesis-final.pdf is not there any more.' },
  }),
];

export const sampleNetwork: NetworkInfo = {
  addresses: [
    { address: '192.168.1.24', interface: 'wlan0' },
    { address: '10.8.0.3', interface: 'tun0' },
  ],
  port: 8321,
  https: false,
  fingerprint: null,
};

export const sampleShareDetail: ShareDetail = {
  id: 'film',
  readers: [
    {
      id: 1,
      address: '192.168.1.40',
      agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 20_1 like Mac OS X)',
      path: '/',
      since: sampleNow - 120_000,
      sent: 340_000_000,
      rate: 2_120_000,
      range: [120_000_000, 460_000_000],
      queued: 262_144,
      waited: { source: 0.05, reader: 0.82, limit: 0 },
    },
    {
      id: 2,
      address: '127.0.0.1',
      agent: 'VLC/4.0.1 LibVLC/4.0.1',
      path: '/',
      since: sampleNow - 30_000,
      sent: 130_000_000,
      rate: 4_300_000,
      range: [0, 318_000_000],
      queued: 0,
      waited: { source: 0.7, reader: 0.1, limit: 0 },
    },
  ],
  log: [
    {
      at: sampleNow - 600_000,
      address: '192.168.1.40',
      method: 'GET',
      path: '/',
      status: 206,
      sent: 1_048_576,
      took: 310,
    },
    { at: sampleNow - 480_000, address: '192.168.1.51', method: 'GET', path: '/', status: 401, sent: 512, took: 2 },
    { at: sampleNow - 31_000, address: '127.0.0.1', method: 'HEAD', path: '/', status: 200, sent: 0, took: 1 },
  ],
  rates: Array.from({ length: 90 }, (_, i) => 5_800_000 + 900_000 * Math.sin(i / 7) + 300_000 * Math.sin(i / 2)),
  queue: { used: 1_310_720, size: 8_388_608 },
};
