/** Jobs as people have them, for tests and pictures. The same at every run: nothing here is random or of today. */
import { failure } from '../../shared/failure.ts';
import { jobGroup } from '../../shared/job-state.ts';
import type { DownloadJob, DownloadJobDetail, Job, JobState, Meter, Ranges } from '../../shared/job.ts';

/** “Now” of the samples: pictures are taken with the browser's clock standing here. */
export const sampleNow = Date.UTC(2026, 4, 12, 14, 32, 10);

const MB = 1_000_000;
const GB = 1_000 * MB;

let position = 0;

/** A job with what a test does not care about filled in. */
export function sampleJob(given: Partial<DownloadJob> & { id: string }): DownloadJob {
  const url = given.url ?? `https://${given.host ?? 'files.example.org'}/${given.name ?? `${given.id}.bin`}`;
  const done = given.done ?? 0;
  return {
    kind: 'download',
    name: `${given.id}.bin`,
    folder: '/home/ada/Downloads',
    host: new URL(url).host,
    state: { kind: 'queued' },
    size: 100 * MB,
    ranges: done > 0 ? [[0, done]] : [],
    resumability: 'strong-etag',
    position: (position += 1),
    createdAt: sampleNow - 26 * 60_000,
    limit: null,
    connections: null,
    checksum: null,
    priority: 'normal',
    startAt: null,
    mirrors: [],
    ...given,
    url,
    done,
  };
}

/** `pieces` equal pieces of a file, each filled to `share`. */
function pieces(size: number, shares: readonly number[]): Ranges {
  const length = Math.floor(size / shares.length);
  return shares.flatMap((share, i): Ranges => {
    const end = i * length + Math.floor(length * share);
    return end > i * length ? [[i * length, end]] : [];
  });
}

const sumOf = (ranges: Ranges) => ranges.reduce((sum, [start, end]) => sum + end - start, 0);

function running(id: string, size: number | null, shares: readonly number[], given: Partial<DownloadJob>): DownloadJob {
  const ranges: Ranges = size === null ? [[0, (shares[0] ?? 0) * MB]] : pieces(size, shares);
  return sampleJob({ id, size, ranges, done: sumOf(ranges), state: { kind: 'running' }, ...given });
}

const waiting: JobState = {
  kind: 'waiting',
  reason: 'retry',
  until: sampleNow + 95_000,
  attempt: 3,
  failure: failure('connection-lost', { host: 'downloads.raspberrypi.com' }),
};

/** A busy afternoon: some of everything. */
export function busyJobs(): DownloadJob[] {
  position = 0;
  return [
    running('ubuntu', 6_203_355_136, [0.81, 0.64, 0.72, 0.58, 0.66, 0.49, 0.61, 0.37], {
      name: 'ubuntu-26.04-desktop-amd64.iso',
      host: 'releases.ubuntu.com',
    }),
    running('planet', 84_600 * MB, [0.42, 0.31, 0.36, 0.28], {
      name: 'planet-260504.osm.pbf',
      host: 'planet.openstreetmap.org',
    }),
    running('stream', null, [318], {
      name: 'city-council-2026-05-11.mp4',
      host: 'media.example.city',
      resumability: 'size-unknown',
    }),
    sampleJob({
      id: 'blender',
      name: 'blender-5.2.0-linux-x64.tar.xz',
      host: 'mirror.clarkson.edu',
      state: { kind: 'verifying' },
      size: 412 * MB,
      done: 412 * MB,
      checksum: { algorithm: 'sha-256', value: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    }),
    sampleJob({
      id: 'raspi',
      name: '2026-04-21-raspios-trixie-arm64-full.img.xz',
      host: 'downloads.raspberrypi.com',
      state: waiting,
      size: 3_012 * MB,
      ranges: pieces(3_012 * MB, [0.9, 0.4, 0.2]),
      done: 1_506 * MB,
    }),
    sampleJob({
      id: 'imagenet',
      name: 'ILSVRC2012_img_train.tar',
      host: 'image-net.org',
      state: { kind: 'paused' },
      size: 147_897 * MB,
      ranges: pieces(147_897 * MB, [0.62, 0.3, 0.44, 0.1]),
      done: 53_982 * MB,
      resumability: 'last-modified',
    }),
    sampleJob({
      id: 'wikipedia',
      name: 'enwiki-20260501-pages-articles-multistream.xml.bz2',
      host: 'dumps.wikimedia.org',
      state: {
        kind: 'attention',
        failure: failure('changed', { detail: 'its size was 24.1 GB and is 24.3 GB' }),
        choices: ['start-over', 'open-link'],
      },
      size: 24_100 * MB,
      ranges: pieces(24_100 * MB, [0.7, 0.52]),
      done: 14_701 * MB,
    }),
    sampleJob({
      id: 'field',
      name: 'field-recordings-2025-master.flac',
      host: 'archive.org',
      state: { kind: 'failed', failure: failure('not-found', { host: 'archive.org', status: 404 }) },
      size: null,
      resumability: 'unknown',
    }),
    sampleJob({
      id: 'debian',
      name: 'debian-13.4.0-amd64-netinst.iso',
      host: 'cdimage.debian.org',
      size: 783 * MB,
      priority: 'high',
    }),
    sampleJob({
      id: 'census',
      name: 'census-2026-households.parquet',
      host: 'data.census.example',
      size: 9_420 * MB,
      state: { kind: 'waiting', reason: 'start-at', until: sampleNow + 8 * 3600_000, attempt: 1 },
      startAt: sampleNow + 8 * 3600_000,
    }),
    sampleJob({
      id: 'postgres',
      name: 'postgresql-18.3.tar.bz2',
      host: 'ftp.postgresql.org',
      state: { kind: 'completed', at: sampleNow - 11 * 60_000, proof: 'checksum' },
      size: 23_460_312,
      done: 23_460_312,
      checksum: { algorithm: 'sha-256', value: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    }),
    sampleJob({
      id: 'report',
      name: 'annual-report-2025.pdf',
      host: 'investors.example.com',
      state: { kind: 'completed', at: sampleNow - 3 * 3600_000, proof: 'size' },
      size: 8_204_551,
      done: 8_204_551,
    }),
    sampleJob({
      id: 'talk',
      name: 'fosdem-2026-streaming-storage.webm',
      host: 'video.fosdem.org',
      state: { kind: 'completed', at: sampleNow - 30 * 3600_000, proof: 'unverified' },
      size: 691 * MB,
      done: 691 * MB,
    }),
  ];
}

const rates: Readonly<Record<string, number>> = { ubuntu: 38.4 * MB, planet: 21.7 * MB, stream: 2.6 * MB };

export function metersFor(jobs: readonly Job[]): Meter[] {
  return jobs
    .filter((job) => jobGroup(job.state) === 'active')
    .map((job): Meter => {
      const rate = job.state.kind === 'running' ? (rates[job.id] ?? 4 * MB) : 0;
      return {
        id: job.id,
        done: job.done,
        rate,
        eta: job.size === null || rate === 0 ? null : (job.size - job.done) / rate,
        active: job.kind === 'download' ? job.ranges.length : 0,
        bottleneck: job.id === 'planet' ? 'disk' : 'source',
        ranges: job.kind === 'download' ? job.ranges : [],
        verified: job.state.kind === 'verifying' ? Math.floor(job.done * 0.57) : null,
        rows: null,
        rowRate: null,
        dropped: null,
      };
    });
}

/** The details panel of a running job. */
export function detailFor(job: Job): DownloadJobDetail {
  if (job.kind !== 'download') throw new Error(`${job.name} is no download`);
  const size = job.size ?? 0;
  const completed = job.state.kind === 'completed';
  const connections = job.ranges.map(([start, at], i) => ({
    id: i + 1,
    state: i === 5 ? ('connecting' as const) : ('receiving' as const),
    start,
    end: job.size === null ? null : Math.min(size, start + Math.floor(size / job.ranges.length)),
    at,
    rate: i === 5 ? 0 : (4.1 + ((i * 7) % 5) * 0.6) * MB,
    remote: i % 2 === 0 ? '185.125.190.37:443' : '91.189.91.124:443',
  }));
  const wave = (i: number) => 1 + 0.14 * Math.sin(i / 5) + 0.07 * Math.sin(i / 1.7) - (i > 60 && i < 68 ? 0.5 : 0);
  return {
    kind: 'download',
    id: job.id,
    connections: job.state.kind === 'running' ? connections : [],
    identity: {
      finalUrl: job.url.replace('https://', 'https://mirror.'),
      size: job.size,
      etag: '"171c8e000-63a1b2c3d4e5f"',
      lastModified: 'Thu, 23 Apr 2026 11:04:52 GMT',
      contentType: 'application/x-iso9660-image',
    },
    request: [
      `GET ${new URL(job.url).pathname} HTTP/1.1`,
      `Host: ${job.host}`,
      'User-Agent: Sluice/0.1.0',
      'Accept: */*',
      'Accept-Encoding: identity',
      'Range: bytes=0-',
      'Authorization: (hidden)',
    ],
    response: [
      'HTTP/1.1 206 Partial Content',
      'Server: nginx',
      'Content-Type: application/x-iso9660-image',
      `Content-Range: bytes 0-${size - 1}/${size}`,
      'ETag: "171c8e000-63a1b2c3d4e5f"',
      'Last-Modified: Thu, 23 Apr 2026 11:04:52 GMT',
      'Accept-Ranges: bytes',
    ],
    activity: [
      { at: sampleNow - 162_000, level: 'info', text: 'Added' },
      { at: sampleNow - 161_000, level: 'info', text: `Asked ${job.host}: the file can be fetched in parts` },
      { at: sampleNow - 160_400, level: 'info', text: 'Started with 8 connections' },
      { at: sampleNow - 54_000, level: 'warning', text: 'Connection 6 was lost; its piece goes to another' },
      { at: sampleNow - 53_000, level: 'info', text: 'Connection 6 is back' },
    ],
    rates: completed ? [] : Array.from({ length: 112 }, (_, i) => Math.max(0, wave(i)) * (rates[job.id] ?? 4 * MB)),
    queue: { used: 3, size: 8 },
    waited: { source: 0.83, processing: 0, disk: 0.04, limit: 0 },
    file: `${job.folder}/${job.name}${completed ? '' : '.sluice'}`,
  };
}

/** The same job where a fast server waits for this computer's processor, which cannot hash as fast as it sends. */
export function heldByHash(job: Job): DownloadJobDetail {
  const detail = detailFor(job);
  return {
    ...detail,
    connections: detail.connections.map((one, i) => (i % 2 === 0 ? { ...one, state: 'blocked' } : one)),
    queue: { used: 5, size: 4 },
    waited: { source: 0.27, processing: 0.69, disk: 0.04, limit: 0 },
  };
}

/** Many jobs, as after a year of use: most are done. */
export function manyJobs(count: number): DownloadJob[] {
  position = 0;
  const names = ['survey', 'backup', 'lecture', 'dataset', 'photos', 'release', 'scan', 'episode'];
  const extensions = ['zip', 'tar.gz', 'mp4', 'csv', 'jpg', 'deb', 'pdf', 'mkv'];
  const hosts = ['data.example.org', 'cdn.example.net', 'archive.example.com', 'mirror.example.edu'];
  return Array.from({ length: count }, (_, i) => {
    const at = i % names.length;
    const size = ((i * 7919) % 4000) * MB + 13 * GB * Number(i % 97 === 0) + 250_000;
    const done = i < 3 ? Math.floor(size * 0.4) : i < 40 ? 0 : size;
    const state: JobState =
      i < 3
        ? { kind: 'running' }
        : i < 40
          ? { kind: 'queued' }
          : { kind: 'completed', at: sampleNow - i * 40 * 60_000, proof: 'size' };
    return sampleJob({
      id: `job-${i}`,
      name: `${names[at]}-${String(i).padStart(5, '0')}.${extensions[(i * 3) % extensions.length]}`,
      host: hosts[i % hosts.length] ?? '',
      size,
      done,
      state,
    });
  });
}
