/** 62: a name with an address of each family, of which only one answers, whatever this machine's own names are. */
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { BufferPool } from '../../electron/engine/flow/index.ts';
import { defaultNetwork, HttpConnection } from '../../electron/engine/remote/index.ts';

const loopback = { 4: '127.0.0.1', 6: '::1' } as const;
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === loopback[6]));

afterEach(() => vi.restoreAllMocks());

for (const alive of [4, 6] as const) {
  for (const first of [4, 6] as const) {
    test.runIf(hasIpv6)(`62: IPv${alive} is found where the name tells IPv${first} first`, async () => {
      const addresses = ([first, first === 4 ? 6 : 4] as const).map((family) => ({
        address: loopback[family],
        family,
      }));
      const lookup = (_host: string, _options: unknown, found: (error: null, all: typeof addresses) => void) =>
        process.nextTick(found, null, addresses);
      // Only this family's port is open.
      const server = createServer().listen(0, loopback[alive]);
      await once(server, 'listening');
      vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
      const { port } = server.address() as AddressInfo;
      const origin = { secure: false, hostname: 'two-families.test', port };
      const connection = new HttpConnection(origin, new BufferPool(), defaultNetwork);
      try {
        await connection.connect(new AbortController().signal);
        expect(connection.remote).toContain(loopback[alive]);
        expect(dns.lookup).toHaveBeenCalledTimes(1);
      } finally {
        connection.destroy();
        server.close();
      }
    });
  }
}

test.runIf(hasIpv6)(
  'localhost is both loopback addresses, whatever the system knows of that name (RFC 6761 §6.3)',
  async () => {
    const server = createServer().listen(0, loopback[6]);
    await once(server, 'listening');
    vi.spyOn(dns, 'lookup');
    const { port } = server.address() as AddressInfo;
    const connection = new HttpConnection(
      { secure: false, hostname: 'localhost', port },
      new BufferPool(),
      defaultNetwork,
    );
    try {
      await connection.connect(new AbortController().signal);
      expect(connection.remote).toContain(loopback[6]);
      expect(dns.lookup).not.toHaveBeenCalled();
    } finally {
      connection.destroy();
      server.close();
    }
  },
);
