import type { Audience, Reader, Share, ShareKind, ShareOptions, ShareTarget } from '../../../shared/share.ts';
import { formatBytes } from '../../../shared/format.ts';
import { moment } from '../words.ts';

export const shareKindWords: Readonly<Record<ShareKind, { name: string; field: string; hint: string }>> = {
  file: { name: 'File', field: 'File', hint: 'One file, with its whole path.' },
  folder: { name: 'Folder', field: 'Folder', hint: 'Everything in it, as pages to look through.' },
  remote: { name: 'Remote link', field: 'Link', hint: 'Streamed through; its login stays here.' },
  query: { name: 'Query', field: 'SQL', hint: 'Runs each time the link is opened.' },
  job: { name: 'Download', field: 'Download', hint: 'While it downloads too: a video plays at once.' },
  feed: { name: 'Capture', field: 'Capture', hint: 'Live, to any number of readers.' },
};

export const audienceWords: Readonly<Record<Audience, string>> = {
  'this-computer': 'This computer',
  network: 'This network',
};

export const dispositionWords: Readonly<Record<ShareOptions['disposition'], string>> = {
  inline: 'It is shown',
  attachment: 'It is saved',
};

/** True where a browser can show it or save it: it is a file, or files. */
export const isOfFiles = (kind: ShareKind) => ['file', 'folder', 'job'].includes(kind);

/** After how many deliveries a share may end. */
export const deliveryChoices: readonly number[] = [1, 5, 25];

export const deliveriesText = (count: number) => (count === 1 ? 'One delivery' : `${count} deliveries`);

/** What a share serves, in a line. */
export function targetText(target: ShareTarget, jobName: (id: string) => string | null): string {
  switch (target.kind) {
    case 'file':
    case 'folder':
      return target.path;
    case 'remote':
      return target.url;
    case 'query':
      return target.sql.replaceAll(/\s+/g, ' ').trim();
    default:
      return jobName(target.job) ?? 'A job that is gone';
  }
}

/** When and why a share ends. */
export function endsText({ expiresAt, deliveries, state }: Share, now: number): string {
  if (state.kind === 'expired') return `Ended ${moment(state.at, now)}`;
  const parts = [
    expiresAt === null ? '' : `until ${moment(expiresAt, now)}`,
    deliveries === null ? '' : deliveries === 1 ? 'one delivery left' : `${deliveries} deliveries left`,
  ].filter(Boolean);
  return parts.join(', ') || 'until you revoke it';
}

/** “2 readers · 1.2 GB sent”. */
export function trafficText({ readers, sent }: Share): string {
  const who = readers === 0 ? 'Nobody reads it now' : readers === 1 ? 'One reader' : `${readers} readers`;
  return sent > 0 ? `${who} · ${formatBytes(sent)} sent` : who;
}

type Waited = Reader['waited'];

/** What a reader waits for most; null where it hardly waits. */
export function slowestOf({ source, reader, limit }: Waited): keyof Waited | null {
  const most = Math.max(source, reader, limit);
  if (most < 0.2) return null;
  if (most === reader) return 'reader';
  return most === limit ? 'limit' : 'source';
}

/** What a share's bytes come from, where that is what its reader waits for. */
const sourceSentences: Readonly<Record<ShareKind, string>> = {
  file: 'The disk is the limit',
  folder: 'The disk is the limit',
  remote: 'The server behind the link is the limit',
  job: 'It waits for the download',
  query: 'The database is the limit',
  feed: 'It waits for the next record',
};

/** Who reads, as far as it says: “The phone”, “The browser”, “curl”. */
export function readerWord(agent: string): string {
  if (/iPhone|Mobile/.test(agent) && !agent.includes('iPad')) return 'The phone';
  if (/iPad|Android|Tablet/.test(agent)) return 'The tablet';
  if (agent.startsWith('Mozilla/')) return 'The browser';
  return /^[\w.-]{1,40}/.exec(agent)?.[0] ?? 'The reader';
}

/** One sentence on what holds a reader back. */
export function readerSentence(kind: ShareKind, { agent, waited }: Pick<Reader, 'agent' | 'waited'>): string {
  switch (slowestOf(waited)) {
    case 'reader':
      return `${readerWord(agent)} reads slowly`;
    case 'limit':
      return 'The speed limit holds it back';
    case 'source':
      return sourceSentences[kind];
    case null:
      return 'Nothing holds it back';
  }
}
