/** Makes shares on the network findable by mDNS (RFC 6762) as web sites (`_http._tcp`, RFC 6763). */
import { Bonjour, type Service, type ServiceConfig } from 'bonjour-service';

export interface Announced {
  /** Unique in the network. */
  readonly name: string;
  readonly port: number;
  readonly secure: boolean;
  /** Name of this computer, “desk.local”. */
  readonly host: string;
  /** Said to everybody: only of shares that ask for a password, because the path is what a link keeps secret. */
  readonly path: string | null;
}

export interface Announcer {
  /** Replaces what is announced. */
  announce(services: readonly Announced[]): void;
  close(): Promise<void>;
}

/** What the library hands on to multicast-dns; where only one interface is named, it would hear no multicast on it. */
export function multicastAt(only: string | undefined): Partial<ServiceConfig> {
  const options: { interface?: string; bind?: string } = only === undefined ? {} : { interface: only, bind: '0.0.0.0' };
  return options as Partial<ServiceConfig>;
}

/**
 * Announces on all interfaces, or at `only` (an address of this computer). That it cannot (a port that is taken, no
 * network) is no failure: links work without.
 */
export function createAnnouncer(only?: string): Announcer {
  let bonjour: Bonjour | null = null;
  const running = new Map<string, Service>();
  return {
    announce(services) {
      const wanted = new Map(services.map((service) => [JSON.stringify(service), service]));
      for (const [key, service] of running) {
        if (wanted.has(key)) continue;
        service.stop?.();
        running.delete(key);
      }
      if (wanted.size === 0) return;
      bonjour ??= new Bonjour(multicastAt(only), () => {});
      for (const [key, { name, port, secure, host, path }] of wanted) {
        if (running.has(key)) continue;
        const txt: Record<string, string> = path === null ? {} : { path };
        running.set(key, bonjour.publish({ name, type: secure ? 'https' : 'http', port, host, txt }));
      }
    },
    async close() {
      const closing = bonjour;
      bonjour = null;
      running.clear();
      if (!closing) return;
      await new Promise<void>((resolve) => {
        closing.unpublishAll(() => closing.destroy(resolve));
      });
    },
  };
}
