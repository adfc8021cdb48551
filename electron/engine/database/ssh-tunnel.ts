import type { Duplex } from 'node:stream';
import { SluiceError } from '../../../shared/failure.ts';
import type { Route } from './transport.ts';
export async function openTunnel(route: Route, _signal: AbortSignal): Promise<Duplex> {
  throw new SluiceError('ssh-failed', { host: route.ssh?.host ?? '', detail: 'coming in minutes' });
}
