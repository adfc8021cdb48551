/** The service that serves a target. */
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import { nameFromUrl } from '../files/index.ts';
import { parseLink } from '../remote/index.ts';
import type { ShareOptions, ShareTarget } from '../../../shared/share.ts';
import { assertNever } from '../../../shared/assert-never.ts';
import { feedShare } from './feed-share.ts';
import { fileShare } from './file-share.ts';
import { folderShare } from './folder-share.ts';
import { liveShare } from './live-share.ts';
import { queryShare } from './query-share.ts';
import { remoteShare } from './remote-share.ts';
import type { Service, ServeTools } from './service.ts';
import type { ShareRecord } from './share-record.ts';
import type { ServeWorld } from './types.ts';

export function createService({ id, target }: ShareRecord, tools: ServeTools): Service {
  switch (target.kind) {
    case 'file':
      return fileShare(target.path, tools);
    case 'folder':
      return folderShare(target, tools);
    case 'remote':
      return remoteShare(target, id, tools);
    case 'job':
      return liveShare(target.job, tools);
    case 'feed':
      return feedShare(target.job, tools);
    case 'query':
      return queryShare(target, tools);
    default:
      return assertNever(target);
  }
}

/**
 * Checks a new target, and says how it is shared where its owner leaves that open.
 * @throws cannot-share, not-a-url, unsupported-scheme, unknown-job, unknown-connection
 */
export async function prepareTarget(
  target: ShareTarget,
  world: ServeWorld,
): Promise<{ target: ShareTarget; options: ShareOptions }> {
  const common = {
    audience: 'this-computer',
    expiresAt: null,
    deliveries: null,
    limit: null,
    disposition: 'inline',
  } as const;
  switch (target.kind) {
    case 'file':
    case 'folder': {
      const path = await requirePath(target.path, target.kind);
      return { target: { ...target, path }, options: { ...common, name: basename(path) || path } };
    }
    case 'remote': {
      const url = parseLink(target.url);
      return { target: { ...target, url: url.href }, options: { ...common, name: nameFromUrl(url) } };
    }
    case 'query':
      await world.target(target.connection);
      return { target, options: { ...common, name: 'Query' } };
    case 'job':
      return { target, options: { ...common, name: world.liveFile(target.job).name } };
    case 'feed':
      return { target, options: { ...common, name: world.captureName(target.job) } };
    default:
      return assertNever(target);
  }
}

async function requirePath(given: string, kind: 'file' | 'folder'): Promise<string> {
  const refuse = (detail: string) => new SluiceError('cannot-share', { path: given, detail });
  if (!isAbsolute(given) || given.includes('\0')) throw refuse('it is not a whole path');
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (!found) throw refuse('it is not there');
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) throw refuse(`it is not a ${kind}`);
  return path;
}
