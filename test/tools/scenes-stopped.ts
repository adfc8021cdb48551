/** Downloads that stopped: each failure that a person can meet in one, and what is asked then. */
import type { Page } from 'playwright';
import { choicesFor } from '../../electron/engine/jobs/attention.ts';
import { failure, type FailureCode, type FailureParams } from '../../shared/failure.ts';
import type { EngineDouble } from '../component/engine-double.ts';
import { sampleJob } from '../component/samples.ts';
import { engineWith, row, type Scene } from './stage.ts';

const certificate = {
  host: 'nas.local',
  reason: 'it signed itself',
  subject: 'nas.local',
  issuer: 'nas.local',
  until: 'Mar  3 12:00:00 2031 GMT',
  fingerprint: '3A:5F:0C:91:7E:22:B8:44:6D:10:F3:9A:C7:58:E1:2B:04:AD:66:90:1F:D3:77:5C:82:BE:39:40:A6:EF:15:88',
};

/** A download that stopped with this failure, as the engine would leave it: asking, or failed before it began. */
function stopped(
  code: FailureCode,
  params: FailureParams,
  given: { name: string; host?: string; fails?: boolean; whole?: boolean },
) {
  const { name, host = 'files.example.org', fails = false, whole = false } = given;
  const size = 4_812_000_000;
  const done = whole ? size : fails ? 0 : 1_790_000_000;
  return sampleJob({
    id: name,
    name,
    host,
    size,
    done,
    ranges: done > 0 ? [[0, done]] : [],
    state: fails
      ? { kind: 'failed', failure: failure(code, params) }
      : { kind: 'attention', failure: failure(code, params), choices: choicesFor(code) },
  });
}

const host = 'files.example.org';
const home = '/home/ada/Downloads';

/** Each failure that a download can stop with, as a person would meet it. */
const stops = [
  stopped('changed', { detail: 'it is marked as another version now' }, { name: 'dataset-v4.parquet' }),
  stopped(
    'checksum-mismatch',
    { algorithm: 'sha-256', part: 'firmware-9.1.bin.sluice' },
    { name: 'firmware-9.1.bin', whole: true },
  ),
  stopped('disk-full', { folder: home, free: '1.2 GB', needed: '3 GB' }, { name: 'archive-2024.tar.zst' }),
  stopped('folder-missing', { folder: '/media/ada/Backup' }, { name: 'nightly.qcow2' }),
  stopped('folder-not-writable', { folder: '/srv/media' }, { name: 'lecture-07.mp4' }),
  stopped('link-expired', {}, { name: 'shared-album.zip', host: 'photos.example.com' }),
  stopped(
    'login-needed',
    { host: 'bank.example.com', status: 401 },
    { name: 'statement.pdf', host: 'bank.example.com' },
  ),
  stopped('captive-page', { host: 'tiles.example.com' }, { name: 'wifi-map.pdf', host: 'tiles.example.com' }),
  stopped('certificate-untrusted', certificate, { name: 'backup.tar', host: 'nas.local' }),
  stopped('part-missing', { part: 'model-weights.safetensors.sluice' }, { name: 'model-weights.safetensors' }),
  stopped('disk-error', { detail: 'input/output error' }, { name: 'index.db' }),
  stopped('not-found', { host, status: 404 }, { name: 'old-release.zip', fails: true }),
  stopped(
    'tls-failed',
    { host: 'intranet.example', detail: 'the certificate has expired' },
    { name: 'payroll.csv', host: 'intranet.example', fails: true },
  ),
  stopped(
    'other-file',
    { detail: 'it had 4,812,000,000 bytes and has 4,911,000,000 now' },
    { name: 'survey-2026.zip' },
  ),
  stopped('forbidden', { host, status: 403 }, { name: 'signed-export.csv' }),
  stopped('credentials-missing', { host }, { name: 'private-backup.tar' }),
  stopped('size-mismatch', { expected: 4_812_000_000, actual: 4_811_934_464 }, { name: 'mirror-copy.iso' }),
  stopped('pieces-mismatch', { count: 3 }, { name: 'pieces.iso' }),
  stopped('connection-lost', { host }, { name: 'unsteady.bin' }),
  stopped('connection-timed-out', { host }, { name: 'silent.bin', fails: true }),
  stopped('connection-refused', { host }, { name: 'closed.bin', fails: true }),
  stopped(
    'host-not-found',
    { host: 'fiels.example.org' },
    { name: 'typo.bin', host: 'fiels.example.org', fails: true },
  ),
  stopped('too-many-redirects', { host }, { name: 'circle.bin', fails: true }),
  stopped('bad-redirect', { host }, { name: 'nowhere.bin', fails: true }),
  stopped('insecure-redirect', { host, to: 'cdn.example.net' }, { name: 'downgraded.bin' }),
  stopped('http-status', { host, status: 418, reason: 'I’m a teapot' }, { name: 'teapot.bin', fails: true }),
  stopped('too-busy', { host, status: 503 }, { name: 'rush-hour.bin' }),
  stopped('empty-answer', { host, status: 204 }, { name: 'nothing.bin', fails: true }),
  stopped(
    'bad-response',
    { host, detail: 'bytes from 2095904 where 2100000 was asked for' },
    { name: 'confused-cache.bin' },
  ),
  stopped('not-a-folder', { folder: `${home}/notes.txt` }, { name: 'in-the-way.bin', fails: true }),
  stopped('internal', { detail: 'the transfer thread ended' }, { name: 'unlucky.bin', fails: true }),
];

/** The likeliest of them in one list. */
const FEW = 13;

function stoppedEngine(jobs = stops.slice(0, FEW)): EngineDouble {
  const engine = engineWith({ jobs });
  engine.detail = () => null;
  return engine;
}

/** Opens what a choice of a stopped job asks for. */
async function choose(page: Page, name: RegExp, choice: string): Promise<void> {
  await row(page, name).getByRole('button', { name: choice }).click();
  await page.getByRole('dialog').waitFor();
}

export const stoppedScenes: readonly Scene[] = [
  { name: 'stopped', height: 800, engine: () => stoppedEngine(), act: ({ page }) => row(page, /dataset/).waitFor() },
  {
    name: 'stopped-details',
    engine: () => stoppedEngine(),
    act: async ({ page }) => {
      await row(page, /archive-2024/).click();
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'choose-folder',
    engine: () => stoppedEngine(),
    act: async ({ page }) => {
      await choose(page, /lecture-07/, 'Choose folder…');
      await page.getByText('208 GB free').waitFor();
    },
  },
  { name: 'new-link', engine: () => stoppedEngine(), act: ({ page }) => choose(page, /shared-album/, 'New link…') },
  { name: 'login', engine: () => stoppedEngine(), act: ({ page }) => choose(page, /statement/, 'Log in…') },
  { name: 'certificate', engine: () => stoppedEngine(), act: ({ page }) => choose(page, /backup/, 'See certificate…') },
  {
    name: 'plain-http',
    engine: () => stoppedEngine(stops.filter(({ name }) => name === 'downgraded.bin')),
    act: ({ page }) => choose(page, /downgraded/, 'Allow http…'),
  },
  {
    name: 'new-link-refused',
    engine: () => {
      const engine = stoppedEngine();
      engine.failing.set('jobs.decide', failure('other-file', { detail: 'its size is 4.9 GB, not 4.8 GB' }));
      return engine;
    },
    act: async ({ page }) => {
      await choose(page, /shared-album/, 'New link…');
      await page.getByRole('textbox', { name: 'Link' }).fill('https://photos.example.com/s/9f2b77');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('leads to another file').waitFor();
    },
  },
  {
    name: 'narrow-700-stopped',
    width: 700,
    height: 560,
    engine: () => stoppedEngine(),
    act: ({ page }) => row(page, /dataset/).waitFor(),
  },
  // One picture each, with the details in which the sentence has room.
  ...stops.map((job): Scene => ({
    name: `stopped-${'failure' in job.state ? job.state.failure?.code : ''}`,
    height: 560,
    pictured: true,
    engine: () => stoppedEngine([job]),
    act: async ({ page }) => {
      await row(page, job.name).click();
      await page.keyboard.press('Enter');
      await page.getByRole('tablist').waitFor();
    },
  })),
];
