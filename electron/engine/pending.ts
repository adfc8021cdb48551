/** Rooms that are being built today: until their doors open, they say so. Deleted when the last one does. */
import { SluiceError } from '../../shared/failure.ts';
import type { Captures } from './capture/index.ts';
import type { Databases } from './database/index.ts';
import type { Exports } from './export/index.ts';
import type { Shares } from './serve/types.ts';

function pending<T extends object>(what: string, idle: Partial<T>): T {
  return new Proxy({} as T, {
    get: (_, name) =>
      Reflect.get(idle, name) ??
      (() => {
        throw new SluiceError('not-here', { what, next: 'It is being built.' });
      }),
  });
}

const nothing = () => [];
const close = () => Promise.resolve();
export const pendingExports = () =>
  pending<Exports>('Exporting', { meters: nothing, detail: () => null, setGlobalLimit: () => {}, close });
export const pendingCaptures = () => pending<Captures>('Capturing', { meters: nothing, detail: () => null, close });
export const pendingDatabases = () => pending<Databases>('Connecting to databases', { list: nothing, close });
export const pendingShares = () => pending<Shares>('Sharing', { list: nothing, subscribe: () => () => {}, close });
