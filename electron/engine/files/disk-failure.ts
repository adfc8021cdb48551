import { SluiceError } from '../../../shared/failure.ts';

/** The system's code of an error, like “ENOENT”; an empty word where it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What the person is told when the disk refuses something in a folder. */
export function toDiskError(error: unknown, folder: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const cause = { cause: error };
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SluiceError('folder-not-writable', { folder }, cause);
    case 'ENOTDIR':
      return new SluiceError('not-a-folder', { folder }, cause);
    case 'ENOENT':
      return new SluiceError('folder-missing', { folder }, cause);
    case 'ENOSPC':
    case 'EDQUOT':
      return new SluiceError('disk-full', { folder, free: 'no space', needed: 'more bytes' }, cause);
    default:
      return new SluiceError('disk-error', { detail: error instanceof Error ? error.message : String(error) }, cause);
  }
}
