/** States of the dialog that adds downloads. */
import type { Page } from 'playwright';
import type { ProbeResult } from '../../shared/download.ts';
import { failure } from '../../shared/failure.ts';
import { Refusal, type EngineDouble } from '../component/engine-double.ts';
import { busy, button, type Scene } from './stage.ts';

const links = [
  'https://releases.ubuntu.com/26.04/ubuntu-26.04-live-server-amd64.iso',
  'https://cdimage.debian.org/debian-cd/13.4.0/amd64/iso-cd/debian-13.4.0-amd64-netinst.iso',
  'ftp://ftp.gnu.org/gnu/emacs/emacs-31.1.tar.xz',
  'https://download.fedoraproject.org/pub/fedora/linux/releases/44/Fedora-Workstation-Live-44.iso',
  'see the mirror list',
  'https://mirror.example.invalid/arch/archlinux-2026.05.01-x86_64.iso',
];

async function probeLinks(url: string): Promise<ProbeResult> {
  const { host, pathname } = new URL(url);
  if (host.endsWith('.invalid')) throw new Refusal('host-not-found', { host });
  const name = pathname.split('/').at(-1) ?? 'file';
  return {
    name,
    size: 700_000_000 + name.length * 83_000_000,
    resumability: 'strong-etag',
    host: `mirror.${host}`,
    identity: { finalUrl: url, size: null, etag: null, lastModified: null, contentType: null },
  };
}

async function openAdd(page: Page, text: string): Promise<void> {
  await button(page, 'New download').click();
  await page.getByRole('textbox', { name: 'Links' }).fill(text);
  await page.clock.runFor(1000);
}

function probing(probe: EngineDouble['probe']): () => EngineDouble {
  return () => {
    const engine = busy();
    engine.probe = probe;
    return engine;
  };
}

const oneLink = links[0] ?? '';

export const addScenes: readonly Scene[] = [
  {
    name: 'add',
    engine: busy,
    act: async ({ page }) => {
      await button(page, 'New download').click();
      await page.getByText('208 GB free').waitFor();
    },
  },
  { name: 'add-probing', engine: probing(() => new Promise(() => {})), act: ({ page }) => openAdd(page, oneLink) },
  {
    name: 'add-probed',
    engine: probing(probeLinks),
    act: async ({ page }) => {
      await openAdd(page, oneLink);
      await page.getByText('Can be resumed').waitFor();
    },
  },
  {
    name: 'add-not-resumable',
    engine: probing(async (url) => ({ ...(await probeLinks(url)), size: null, resumability: 'size-unknown' })),
    act: async ({ page }) => {
      await openAdd(page, 'https://media.example.city/city-council-2026-05-11.mp4');
      await page.getByText('Cannot be resumed').waitFor();
    },
  },
  {
    name: 'add-failing',
    engine: probing(probeLinks),
    act: async ({ page }) => {
      await openAdd(page, 'https://mirror.example.invalid/arch.iso');
      await page.getByText('could not be found').waitFor();
    },
  },
  { name: 'add-not-a-link', engine: busy, act: ({ page }) => openAdd(page, 'ubuntu 26.04') },
  {
    name: 'add-batch',
    engine: probing(probeLinks),
    act: async ({ page }) => {
      await openAdd(page, links.join('\n'));
      await page.getByText('3.5 GB').first().waitFor();
    },
  },
  {
    name: 'add-batch-left',
    engine: () => {
      const engine = probing(probeLinks)();
      engine.add = ({ url }) =>
        url.includes('.invalid')
          ? { ok: false, failure: failure('host-not-found', { host: new URL(url).host }) }
          : { ok: true, id: 'ubuntu' };
      return engine;
    },
    act: async ({ page }) => {
      await openAdd(page, links.join('\n'));
      await button(page, /^Add/).click();
      await page.getByText('What is left').waitFor();
    },
  },
  {
    name: 'add-curl-advanced',
    engine: () => {
      const engine = probing(probeLinks)();
      engine.add = () => ({ ok: false, failure: failure('bad-checksum', { text: 'sha256 9f86d0' }) });
      return engine;
    },
    act: async ({ page }) => {
      await openAdd(page, `curl '${oneLink}' -H 'Referer: https://ubuntu.com/download' -L`);
      await button(page, 'Advanced').click();
      await page.getByRole('textbox', { name: 'Checksum' }).fill('sha256 9f86d0');
      await page.getByRole('textbox', { name: 'Speed limit' }).fill('fast');
      await page.getByRole('textbox', { name: 'Speed limit' }).fill('2M');
      await button(page, /^Add/).click();
      await page.getByText('is not a checksum').waitFor();
    },
  },
  {
    name: 'add-disk-small',
    engine: () => {
      const engine = probing(probeLinks)();
      engine.folder = (path) => ({ path, free: 1_200_000_000, available: 900_000_000 });
      return engine;
    },
    act: async ({ page }) => {
      await openAdd(page, oneLink);
      await page.getByText('are needed').waitFor();
    },
  },
  {
    name: 'zoom-200-add',
    zoom: 2,
    engine: probing(probeLinks),
    act: async ({ page }) => {
      await openAdd(page, oneLink);
      await page.getByText('Can be resumed').waitFor();
    },
  },
];
