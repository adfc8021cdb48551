/** Where the server listens: always on loopback while anything is shared, on the network only while a share asks for it. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { NetworkInfo } from '../../../shared/share.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { certificateFor, type Certificate } from './certificate.ts';
import type { ServeWorld } from './types.ts';
import { ConnectionCount, Face, type FaceUser } from './face.ts';

export interface NetworkAddress {
  readonly address: string;
  readonly interface: string;
}

/** Addresses by which others reach this computer: IPv4 first, because people type them. */
export function networkAddresses(): NetworkAddress[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, all]) => (all ?? []).map((one) => ({ ...one, interface: name })))
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .map((one) => ({ address: one.address, interface: one.interface }));
}

/** This computer's name in mDNS: “desk.local”. */
export function localName(): string {
  const label = (hostname().split('.')[0] ?? '').toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return `${label === '' ? 'sluice' : label}.local`;
}

/** What the faces need of the serve room's world. */
export type FacesWorld = Pick<ServeWorld, 'home' | 'https' | 'port'>;

export class Faces {
  readonly #user: FaceUser;
  readonly #world: FacesWorld;
  readonly #addresses: () => NetworkAddress[];
  readonly #count = new ConnectionCount();
  #loopback: Face | null = null;
  #network: Face[] = [];
  #certificate: Certificate | null = null;
  /** True while the network is to reach us. */
  #isOpen = false;
  /** One change at a time. */
  #change: Promise<void> = Promise.resolve();

  constructor(user: FaceUser, world: FacesWorld, addresses: () => NetworkAddress[]) {
    this.#user = user;
    this.#world = world;
    this.#addresses = addresses;
  }

  /** Listens on just what is needed; resolves when that is so. */
  need(loopback: boolean, network: boolean): Promise<void> {
    const changed = this.#change.then(() => this.#set(loopback || network, network));
    this.#change = changed.catch(() => {});
    return changed;
  }

  /** True where this computer's addresses, or the choice of TLS, are others than the network is served at. */
  get isStale(): boolean {
    if (!this.#isOpen) return false;
    const wanted = this.#addresses().map(({ address }) => address);
    const https = this.#world.https();
    const isGood = (face: Face) => face.secure === https && wanted.includes(face.address);
    return this.#network.length !== wanted.length || !this.#network.every(isGood);
  }

  async #set(loopback: boolean, network: boolean): Promise<void> {
    if (loopback && !this.#loopback) {
      const face = new Face(this.#user, this.#count, '127.0.0.1', true, null);
      await this.#listen(face);
      this.#loopback = face;
    }
    const port = this.#loopback?.port ?? 0;
    const wanted = network ? this.#addresses() : [];
    const https = this.#world.https();
    this.#isOpen = network;
    const stale = this.#network.filter(
      (face) => face.secure !== https || !wanted.some(({ address }) => address === face.address),
    );
    this.#network = this.#network.filter((face) => !stale.includes(face));
    await Promise.all(stale.map((face) => face.close()));
    const missing = wanted.filter(({ address }) => !this.#network.some((face) => face.address === address));
    if (missing.length > 0) {
      const names = [localName(), ...wanted.map(({ address }) => address)];
      const certificate = https ? await certificateFor(this.#world.home, names) : null;
      // One fingerprint is shown: all doors have the certificate that it is of.
      if (certificate) for (const face of this.#network) face.use(certificate);
      this.#certificate = certificate;
      for (const { address } of missing) {
        const face = new Face(this.#user, this.#count, address, false, certificate);
        // An address may go while it is asked for; the same port everywhere makes links alike, where it is free.
        const listens = await face
          .listen(port)
          .catch(() => face.listen(0))
          .then(
            () => true,
            () => false,
          );
        if (listens) this.#network.push(face);
      }
      const place = (face: Face) => wanted.findIndex(({ address }) => address === face.address);
      this.#network.sort((a, b) => place(a) - place(b));
    }
    if (!loopback && this.#loopback) {
      const face = this.#loopback;
      this.#loopback = null;
      await face.close();
    }
  }

  async #listen(face: Face): Promise<void> {
    const { home, port } = this.#world;
    if (port === null) return listenAgain(face, join(home, 'port'));
    await face.listen(port).catch((error: unknown) => {
      throw new SluiceError('port-taken', { port }, { cause: error });
    });
  }

  /** Origins of links, the likeliest to be of use first. */
  origins(network: boolean): string[] {
    const local = this.#loopback ? [this.#loopback.origin()] : [];
    if (!network) return local;
    const faces = this.#network;
    const named = faces.slice(0, 1).map((face) => face.origin(localName()));
    return [...faces.map((face) => face.origin()), ...named, ...local];
  }

  get info(): NetworkInfo {
    const [face] = this.#network;
    const https = face ? face.secure : this.#world.https();
    return {
      addresses: this.#addresses(),
      port: this.#loopback?.port ?? null,
      https,
      fingerprint: face?.secure ? (this.#certificate?.fingerprint ?? null) : null,
    };
  }

  /** Where it can be found in the network; null where it cannot. */
  get announced(): { port: number; secure: boolean } | null {
    const [first] = this.#network;
    return first ? { port: first.port, secure: first.secure } : null;
  }

  async close(): Promise<void> {
    await this.need(false, false).catch(() => {});
  }
}

/** Takes the port of last time where it is free, so that links stay what they were. */
async function listenAgain(face: Face, file: string): Promise<void> {
  let last = 0;
  try {
    last = Number(/^\d{1,5}$/.exec(readFileSync(file, 'utf8').trim())?.[0] ?? 0);
  } catch {
    // The first time.
  }
  try {
    await face
      .listen(last > 65_535 ? 0 : last)
      .catch((error: unknown) => (last === 0 ? Promise.reject(error) : face.listen(0)));
  } catch (error) {
    throw new SluiceError('port-taken', { port: last }, { cause: error });
  }
  writeFileSync(file, `${face.port}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}
