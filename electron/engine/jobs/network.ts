import type { NetworkInterfaceInfo } from 'node:os';

export type Interfaces = Readonly<NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'internal'>[]>>;

/** True where a host cannot be reached because this computer has no network, its own loopback aside (faults.md 63). */
export function isOffline(host: string, interfaces: Interfaces): boolean {
  // No host: a socket of this computer's own.
  if (host === '' || isLoopback(host)) return false;
  return Object.values(interfaces).every((addresses) => addresses?.every((address) => address.internal) ?? true);
}

/** `host` as in a URL: IPv6 in brackets, with or without a port. */
function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d+){3}$/.test(name);
}
