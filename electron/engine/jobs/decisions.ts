/** What a person decides for a job that needs attention. */
import { resolve } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import type { AttentionChoice } from '../../../shared/job.ts';
import type { DecisionDetails } from '../engine.ts';
import { checkFolder } from '../files/index.ts';
import { isOfAnotherOrigin } from './attention.ts';
import { moveExport } from './export-move.ts';
import { moveCapture, moveTo } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { DownloadRecord, JobRecord } from './job-record.ts';
import { basic, hasBegun, pointAt, tryLink } from './links.ts';
import type { Occupied } from './occupied.ts';
import { splitLink } from './request.ts';
import type { Runs } from './runs.ts';
import type { JobSecrets, Secrets } from './secrets.ts';
import { notNow } from './selection.ts';

export interface DecisionParts {
  readonly list: JobList;
  readonly occupied: Occupied;
  readonly runs: Runs;
  readonly secrets: JobSecrets;
  /** Accepts a certificate for a host from now on. */
  readonly trust: (host: string, fingerprint: string) => void;
}

/**
 * Does what was decided. True where the job is to go on.
 * @throws bad-input and what the links, the folders and the disk say
 */
export async function carryOut(
  job: JobRecord,
  choice: AttentionChoice,
  details: DecisionDetails,
  parts: DecisionParts,
): Promise<boolean> {
  switch (choice) {
    case 'retry':
      return true;
    case 'keep':
      parts.list.move(job, { kind: 'paused' });
      return false;
    // A face opens the link; the job stays as it is until the person comes back.
    case 'open-link':
      return false;
    case 'start-over':
      await startOver(job, parts);
      return true;
    case 'change-folder':
      await changeFolder(job, details.folder, parts);
      return true;
    case 'new-link':
      await takeLink(download(job), details.url, parts);
      return true;
    case 'login':
      await login(download(job), details, parts);
      return true;
    case 'trust':
      trust(job, parts);
      return true;
    case 'allow-http':
      allowHttp(download(job), parts);
      return true;
  }
}

/** Only downloads have links. */
function download(job: JobRecord): DownloadRecord {
  if (job.kind !== 'download') throw notNow(job);
  return job;
}

async function startOver(job: JobRecord, { list, occupied, runs }: DecisionParts): Promise<void> {
  const otherLink = job.kind === 'download' ? job.otherLink : null;
  const wasWrong = job.state.kind === 'attention' && job.state.failure.code === 'checksum-mismatch';
  await occupied.occupy(job, async () => {
    await runs.workOf(job).startOver(job);
    if (wasWrong && job.kind === 'download' && job.mirrors.length > 0) {
      // The link that the person gave, where a mirror took its place.
      const isOwn = (url: string) => new URL(url).origin === job.secretsOrigin;
      const own = [job.url, ...job.mirrors].find(isOwn) ?? job.url;
      job.mirrors = [];
      if (own !== job.url) pointAt(job, own);
      list.note(job, 'info', 'Without mirrors this time: one of them may have sent the wrong bytes.');
    }
    // Beginning anew after a link that led to another file means: that other file.
    if (job.kind === 'download' && otherLink?.kind === 'refused') pointAt(job, otherLink.url);
  });
}

async function changeFolder(
  job: JobRecord,
  given: string | undefined,
  { list, occupied }: DecisionParts,
): Promise<void> {
  if (given === undefined) throw new SluiceError('bad-input', { detail: 'Say which folder to use instead.' });
  checkFolder(given);
  const folder = resolve(given);
  if (folder === job.folder) return;
  await occupied.occupy(job, async () => {
    const { name, journal, folder: old } = job;
    // Only what is known to be there may go where it was.
    const save = () => {
      list.changed(job);
      const failed = list.write();
      if (!failed) return;
      Object.assign(job, { name, journal, folder: old });
      list.changed(job);
      throw failed;
    };
    let found = true;
    if (job.kind === 'download') found = await moveTo(job, folder, save);
    else if (job.kind === 'export') found = await moveExport(job, folder, save);
    else await moveCapture(job, folder);
    if (!found) {
      list.note(job, 'warning', 'The unfinished file could not be found: starting over in the new folder.');
    }
    list.changed(job);
  });
}

async function takeLink(job: DownloadRecord, link: string | undefined, parts: DecisionParts): Promise<void> {
  if (!link?.trim()) throw new SluiceError('bad-input', { detail: 'Paste the new link.' });
  const { list, occupied, runs, secrets } = parts;
  const { url, whole } = splitLink(link);
  if (whole !== url) await keep(job, { ...(await secrets.get(job.id)), [url]: whole }, parts);
  await occupied.occupy(job, async () => {
    if (hasBegun(job)) {
      tryLink(job, url);
    } else {
      await runs.workOf(job).startOver(job);
      pointAt(job, url);
    }
    list.note(job, 'info', `Going on with a new link to ${job.host}.`);
    list.changed(job);
  });
}

async function login(job: DownloadRecord, details: DecisionDetails, parts: DecisionParts): Promise<void> {
  const { origin } = new URL(job.url);
  if (job.state.kind === 'attention' && isOfAnotherOrigin(job.state.failure, origin)) throw notNow(job);
  const Authorization = basic(details.username, details.password);
  const known = (await parts.secrets.get(job.id)) ?? {};
  // What was given for another origin stays out of it. Credentials of the link itself would only contradict.
  const rest = Object.entries(known).filter(
    ([name]) =>
      name.toLowerCase() !== 'authorization' &&
      name !== job.url &&
      (URL.canParse(name) || job.secretsOrigin === null || job.secretsOrigin === origin),
  );
  await keep(job, { ...Object.fromEntries(rest), Authorization }, parts);
  job.secretsOrigin = origin;
  parts.list.changed(job);
}

/** Keeps secrets of a job. A keeper that fails keeps them until Sluice ends only, and the person is told. */
async function keep(job: DownloadRecord, secrets: Secrets, parts: DecisionParts): Promise<void> {
  job.hasSecrets = true;
  parts.list.changed(job);
  await parts.secrets.set(job.id, secrets).catch((error: unknown) => {
    parts.list.note(job, 'warning', `The credentials are kept until Sluice ends only. ${String(error)}`);
  });
}

function trust(job: JobRecord, { list, trust: accept }: DecisionParts): void {
  const { host, fingerprint } = job.state.kind === 'attention' ? job.state.failure.params : {};
  if (typeof host !== 'string' || typeof fingerprint !== 'string' || fingerprint === '') {
    throw new SluiceError('bad-input', { detail: 'There is no certificate to allow.' });
  }
  accept(host, fingerprint);
  list.note(job, 'warning', `The certificate ${fingerprint} was allowed for ${host}.`);
}

/** For this download alone: what another one gets is another question. */
function allowHttp(job: DownloadRecord, { list }: DecisionParts): void {
  const { host } = job.state.kind === 'attention' ? job.state.failure.params : {};
  if (typeof host !== 'string') throw new SluiceError('bad-input', { detail: 'There is no redirect to allow.' });
  job.plainHttp = [...new Set([...job.plainHttp, host])];
  list.note(job, 'warning', `${host} was allowed to redirect it to plain http.`);
  list.changed(job);
}
