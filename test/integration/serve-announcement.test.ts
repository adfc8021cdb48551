/** What mDNS really says of shares: records on the wire, as another computer hears them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Bonjour, type Service } from 'bonjour-service';
import { afterEach, expect, test } from 'vitest';
import { createAnnouncer, multicastAt, type Announcer } from '../../electron/engine/serve/announcement.ts';

const LOOPBACK = '127.0.0.1';

/** What one socket sends to the group of mDNS comes to another, by loopback only. */
async function hasMulticast(): Promise<boolean> {
  const [from, to] = [createSocket('udp4'), createSocket('udp4')];
  try {
    to.bind(0, '0.0.0.0');
    from.bind(0, LOOPBACK);
    await Promise.all([once(to, 'listening'), once(from, 'listening')]);
    to.addMembership('224.0.0.251', LOOPBACK);
    from.setMulticastInterface(LOOPBACK);
    const heard = once(to, 'message', { signal: AbortSignal.timeout(2_000) });
    from.send('?', to.address().port, '224.0.0.251');
    await heard;
    return true;
  } catch {
    return false;
  } finally {
    from.close();
    to.close();
  }
}

const isHeard = await hasMulticast();
let announcer: Announcer;
let listener: Bonjour;
afterEach(async () => {
  await announcer.close();
  await new Promise<void>((resolve) => listener.destroy(resolve));
});

test.skipIf(!isHeard)(
  `a share is found, and not any more when it ended${isHeard ? '' : ' (no multicast here)'}`,
  async () => {
    announcer = createAnnouncer(LOOPBACK);
    listener = new Bonjour(multicastAt(LOOPBACK));
    const found = new Map<string, Service>();
    const name = `Film ${process.pid}`;
    const guarded = `Papers ${process.pid}`;
    for (const type of ['http', 'https']) {
      const browser = listener.find({ type });
      browser.on('up', (service: Service) => found.set(service.name, service));
      browser.on('down', (service: Service) => found.delete(service.name));
    }
    const open = { name, port: 4711, secure: false, host: 'desk.local', path: null };
    announcer.announce([open, { ...open, name: guarded, secure: true, path: '/s/some/' }]);
    await expect.poll(() => [found.has(name), found.has(guarded)]).toEqual([true, true]);
    expect(found.get(name)).toMatchObject({ type: 'http', protocol: 'tcp', port: 4711, host: 'desk.local', txt: {} });
    expect(found.get(guarded)).toMatchObject({ type: 'https', port: 4711, txt: { path: '/s/some/' } });
    announcer.announce([open]);
    await expect.poll(() => found.has(guarded)).toBe(false);
    expect(found.has(name)).toBe(true);
  },
);
