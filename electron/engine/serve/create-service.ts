/** The service that serves a target. */
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import type { ShareOptions, ShareTarget } from '../../../shared/share.ts';
import { assertNever } from '../../../shared/assert-never.ts';
import { fileShare } from './file-share.ts';
import { folderShare } from './folder-share.ts';
import type { Service, ServeTools } from './service.ts';
import type { ShareRecord } from './share-record.ts';

/** @throws SluiceError where there is no such job or connection */
export function createService({ target }: ShareRecord, tools: ServeTools): Service {
  switch (target.kind) {
    case 'file':
      return fileShare(target.path, tools);
    case 'folder':
      return folderShare(target, tools);
    default:
      throw new SluiceError('not-here', { what: target.kind, next: '' });
  }
}

/**
 * Checks a new target, and says how it is shared where its owner leaves that open.
 * @throws cannot-share
 */
export async function prepareTarget(target: ShareTarget): Promise<{ target: ShareTarget; options: ShareOptions }> {
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
    case 'remote':
      return { target, options: { ...common, name: new URL(target.url).hostname } };
    case 'query':
      return { target, options: { ...common, name: 'Query' } };
    case 'job':
    case 'feed':
      return { target, options: { ...common, name: target.kind === 'job' ? 'Download' : 'Feed' } };
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
