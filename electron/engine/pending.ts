/** Rooms that are being built today: until their doors open, they say so. Deleted when the last one does. */
import { SluiceError } from '../../shared/failure.ts';
import type { Captures } from './capture/index.ts';

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
export const pendingCaptures = () =>
  pending<Captures>('Capturing', { meters: nothing, detail: () => null, listen: () => null, close });
