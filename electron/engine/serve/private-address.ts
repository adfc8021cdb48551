import { BlockList, isIP } from 'node:net';

const inside = new BlockList();
// RFC 6890: this host, private use, shared (CGN), loopback, link-local, benchmarking.
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const) {
  inside.addSubnet(net, bits, 'ipv4');
}
// Unspecified and loopback, unique local, link-local, and IPv4 in IPv6 by translation.
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['64:ff9b:1::', 48],
] as const) {
  inside.addSubnet(net, bits, 'ipv6');
}

/** True for an address that leads into this computer or its network, where strangers have no business. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain);
  // What is no address is not trusted either.
  return family === 0 || inside.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}
