/** The shares of this home: kept, served, changed, revoked. */
import { hash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { SluiceError } from '../../../shared/failure.ts';
import type { Share, ShareOptions, ShareRequest, ShareTarget } from '../../../shared/share.ts';
import { ActiveShare } from './active-share.ts';
import { createAnnouncer, type Announcer } from './announcement.ts';
import { createService, prepareTarget } from './create-service.ts';
import { Dispatcher } from './dispatcher.ts';
import { defaultLimits, type Limits } from './face.ts';
import { Faces, localName, networkAddresses, type NetworkAddress } from './faces.ts';
import { LoginDesk } from './login.ts';
import { OpenFiles } from './open-files.ts';
import { hashPassword } from './password.ts';
import { encodePath } from './request-target.ts';
import { ServeBuffers } from './serve-buffers.ts';
import { fromStored, toStored, type ShareRecord, type UnfinishedPart } from './share-record.ts';
import type { Shares, ServeWorld } from './types.ts';
import { openVault } from './vault.ts';
import { ZipThread } from './zip-thread.ts';

/** What a test puts in the place of the machine. */
export interface ServeMachine {
  readonly limits?: Partial<Limits>;
  readonly addresses?: () => NetworkAddress[];
  readonly announcer?: () => Announcer;
  /** Ms between two looks at the addresses of this computer. */
  readonly look?: number;
  readonly bug?: (error: unknown) => void;
}

/** Ms between two calls of a listener, at least. */
const SAMPLE = 250;
/** Ms between two looks at the addresses of this computer: it may have come to another network, or slept. */
const LOOK = 10_000;
/** Ms after which the count of sent bytes is stored, where it changed. */
const STORE_EVERY = 30_000;

/** Opens the shares that were on when the engine closed, and serves them. */
export function openShares(world: ServeWorld, machine: ServeMachine = {}): Shares {
  const vault = openVault(world.home);
  const files = new OpenFiles();
  const buffers = new ServeBuffers();
  const archives = new ZipThread();
  const names = [localName()];
  const limits = { ...defaultLimits, ...machine.limits };
  const active = new Map<string, ActiveShare>();
  /** By SHA-256 of the token: how long a look takes says nothing about the tokens there are. */
  const byToken = new Map<string, ActiveShare>();
  const listeners = new Set<(shares: Share[]) => void>();
  const stored = new Map<string, number>();
  let announcer: Announcer | null = null;
  let isChanged = false;

  const dispatcher = new Dispatcher({
    limits,
    find: (token) => byToken.get(digestOf(token)) ?? null,
    names: () => names,
    login: new LoginDesk(vault, limits),
    bug: machine.bug ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error))),
  });
  const faces = new Faces(dispatcher, world, machine.addresses ?? networkAddresses);

  const changed = () => {
    isChanged = true;
  };
  const store = (share: ActiveShare) => {
    const { id, sent } = share.record;
    // Where it cannot be stored now, it is tried again.
    stored.delete(id);
    world.documents.put(id, toStored(share.record, vault));
    stored.set(id, sent);
  };
  /** Stores what happened to a share by itself. Of a revoked one nothing is kept, whoever still reads it. */
  const note = (share: ActiveShare) => {
    if (active.get(share.record.id) !== share) return;
    try {
      store(share);
    } catch (error) {
      process.emitWarning(`A share could not be stored: ${String(error)}`, 'SluiceWarning');
    }
  };

  /** A revoked share must not come back at the next start: where the disk is full, it is deleted later. */
  const unforgotten = new Set<string>();
  const forget = (id: string) => {
    try {
      world.documents.delete(id);
      unforgotten.delete(id);
    } catch (error) {
      unforgotten.add(id);
      process.emitWarning(`A revoked share could not be deleted yet: ${String(error)}`, 'SluiceWarning');
    }
  };

  function activate(record: ShareRecord): ActiveShare {
    const token = vault.token(record.id);
    const uploaded = {
      total: () => share.record.uploaded,
      add(bytes: number) {
        share.record = { ...share.record, uploaded: share.record.uploaded + bytes };
        note(share);
      },
      // What was kept when it was opened: the share is not there yet.
      unfinished: () => record.unfinished,
      keep(unfinished: UnfinishedPart[]) {
        share.record = { ...share.record, unfinished };
        note(share);
      },
    };
    const firstSeen = {
      isInside: () => share.record.isInside,
      note(isInside: boolean) {
        share.record = { ...share.record, isInside };
        note(share);
      },
    };
    const service = createService(record, { world, files, buffers, archives, limits, changed, firstSeen, uploaded });
    const share: ActiveShare = new ActiveShare(record, token, service, { changed, record: note });
    active.set(record.id, share);
    byToken.set(digestOf(token), share);
    changed();
    return share;
  }

  /** Listens where the shares that are on want it, and says so in the network. */
  async function reach(): Promise<void> {
    const network = [...active.values()].filter(({ record }) => record.options.audience === 'network');
    await faces.need(active.size > 0, network.length > 0);
    const found = faces.announced;
    if (!found && !announcer) return;
    announcer ??= machine.announcer?.() ?? createAnnouncer();
    announcer.announce(
      network.flatMap(({ record, token }) => {
        const name = `${record.options.name} (${hostname()})`.slice(0, 63);
        const path = record.password === null ? null : `/s/${token}/`;
        return found ? [{ name, ...found, host: localName(), path }] : [];
      }),
    );
  }

  /** Listens and links as the settings and this computer's addresses are now. */
  async function refresh(): Promise<void> {
    if (!faces.isStale) return;
    await reach();
    changed();
  }

  function describe(share: ActiveShare): Share {
    const { linkName } = share.service;
    const path = `/s/${share.token}/${encodePath([linkName])}`;
    const origins = faces.origins(share.record.options.audience === 'network');
    return share.describe(origins.map((origin) => `${origin}${path}`));
  }

  function get(id: string): ActiveShare {
    const share = active.get(id);
    if (!share) throw new SluiceError('unknown-share', { id });
    return share;
  }

  const list = () => [...active.values()].map(describe);

  const sampler = setInterval(() => {
    if (!isChanged || listeners.size === 0) return;
    isChanged = false;
    const shares = list();
    for (const listener of listeners) listener(shares);
  }, SAMPLE).unref();

  /** Shares whose end was noticed. */
  const over = new WeakSet<ActiveShare>();
  // Where it cannot listen there now, the next look tries again.
  const looker = setInterval(() => void refresh().catch(() => {}), machine.look ?? LOOK).unref();

  let lastStored = performance.now();
  const ticker = setInterval(() => {
    const now = performance.now();
    const isTime = now - lastStored > STORE_EVERY;
    if (isTime) {
      lastStored = now;
      for (const id of unforgotten) forget(id);
    }
    for (const share of active.values()) {
      const before = share.rate;
      share.tick(now);
      if (share.rate !== before) changed();
      const isOver = share.expiredAt() !== null;
      if (isOver !== over.has(share)) {
        if (isOver) over.add(share);
        else over.delete(share);
        changed();
      }
      // What is read after the time is over is read without right.
      if (isOver && share.transfers.size > 0) share.endTransfers();
      if (isTime && stored.get(share.record.id) !== share.record.sent) note(share);
      for (const transfer of share.transfers) {
        const { since, bytes } = transfer.writing;
        if (since > 0 && now - since > limits.idle + (bytes / limits.leastRate) * 1000) transfer.abort();
      }
    }
  }, 1_000).unref();

  for (const { value } of world.documents.all()) {
    const record = fromStored(value, vault);
    if (!record) continue;
    stored.set(record.id, activate(record).record.sent);
  }
  const ready = reach().catch(() => {});

  return {
    list,
    async add({ target, options, password }: ShareRequest) {
      await ready;
      requireCountable(target, options);
      const id = randomBytes(8).toString('hex');
      const prepared = await prepareTarget(target, world);
      const record: ShareRecord = {
        id,
        target: prepared.target,
        options: { ...prepared.options, ...defined(options) },
        password: password === undefined ? null : await hashPassword(password),
        createdAt: Date.now(),
        sent: 0,
        uploaded: 0,
        unfinished: [],
        isInside: null,
      };
      const share = activate(record);
      try {
        await reach();
        // Meanwhile it may have been revoked.
        store(get(id));
      } catch (error) {
        drop(share);
        throw error;
      }
      return describe(share);
    },
    async change(id, options, password) {
      requireCountable(get(id).record.target, options);
      const hashed = password === undefined || password === null ? password : await hashPassword(password);
      // Meanwhile it may have been revoked.
      const share = get(id);
      share.record = {
        ...share.record,
        options: { ...share.record.options, ...defined(options) },
        password: hashed === undefined ? share.record.password : hashed,
      };
      share.limit.setRate(share.record.options.limit);
      // Who reads under the old rules asks again under the new ones.
      if (password !== undefined || options.audience === 'this-computer') share.endTransfers();
      store(share);
      await reach();
      changed();
      return describe(share);
    },
    async revoke(ids) {
      for (const id of ids) {
        const share = active.get(id);
        if (share) drop(share);
        forget(id);
      }
      changed();
      await reach();
    },
    detail: (id) => get(id).detail({ used: buffers.used, size: buffers.budget }),
    network: () => faces.info,
    refresh,
    subscribe(listener) {
      listeners.add(listener);
      listener(list());
      return () => {
        listeners.delete(listener);
      };
    },
    async close() {
      clearInterval(sampler);
      clearInterval(ticker);
      clearInterval(looker);
      listeners.clear();
      byToken.clear();
      for (const id of unforgotten) forget(id);
      for (const share of active.values()) {
        if (stored.get(share.record.id) !== share.record.sent) note(share);
        share.endTransfers();
        share.service.close();
      }
      await ready;
      await faces.close();
      await announcer?.close();
      await archives.close();
      files.close();
    },
  };

  function drop(share: ActiveShare): void {
    active.delete(share.record.id);
    byToken.delete(digestOf(share.token));
    share.endTransfers();
    share.service.close();
  }
}

/** @throws endless-deliveries: what has no end is never whole. */
function requireCountable(target: ShareTarget, { deliveries }: ShareRequest['options']): void {
  if (target.kind === 'feed' && typeof deliveries === 'number') throw new SluiceError('endless-deliveries', {});
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Without fields that are there but undefined: those must not undo a default. */
function defined(options: ShareRequest['options']): Partial<ShareOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
