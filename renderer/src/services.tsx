import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { ConnectionProfile } from '../../shared/database.ts';
import type { Share } from '../../shared/share.ts';
import { createActions, type Actions } from './actions.ts';
import { createWorks, type WorksStore } from './export/work.ts';
import { createFollower } from './mirror/follow.ts';
import { createFollowed, type Followed } from './mirror/followed.ts';
import { createMirror, type Mirror, type MirrorStore } from './mirror/mirror.ts';
import type { Client, Dial } from './transport/index.ts';
import { createView, type View, type ViewStore } from './view/view.ts';
import { createVisible, type VisibleStore } from './view/visible.ts';

/** What every part of the window can reach. */
export interface Services {
  readonly client: Client;
  readonly mirror: MirrorStore;
  readonly view: ViewStore;
  readonly visible: VisibleStore;
  readonly actions: Actions;
  readonly profiles: Followed<readonly ConnectionProfile[]>;
  readonly shares: Followed<readonly Share[]>;
  readonly works: WorksStore;
}

const ServicesContext = createContext<Services | null>(null);

/** Follows the engine behind `dial` for as long as it is mounted. */
export function ServicesProvider({ dial, children }: { dial: Dial; children: ReactNode }) {
  const [{ services, start }] = useState(() => createServices(dial));
  useEffect(() => start(), [start]);
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

function createServices(dial: Dial): { services: Services; start: () => () => void } {
  const mirror = createMirror();
  const view = createView();
  const { client, start } = createFollower(dial, mirror);
  const services = {
    client,
    mirror,
    view,
    visible: createVisible(mirror, view),
    actions: createActions(client, mirror, view),
    profiles: createFollowed(mirror, () => client.connections.watch()),
    shares: createFollowed(mirror, () => client.shares.watch()),
    works: createWorks(),
  };
  return { services, start };
}

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error('There is no ServicesProvider above');
  return services;
}

export const useClient = (): Client => useServices().client;
export const useActions = (): Actions => useServices().actions;

export function useMirror<T>(selector: (mirror: Mirror) => T): T {
  return useStore(useServices().mirror, selector);
}

export function useView<T>(selector: (view: View) => T): T {
  return useStore(useServices().view, selector);
}

/** The connections that are kept, the sample last; null until the engine told them. */
export function useProfiles(): readonly ConnectionProfile[] | null {
  const profiles = useStore(useServices().profiles);
  return useMemo(() => profiles?.toSorted(bySampleAndName) ?? null, [profiles]);
}

function bySampleAndName(a: ConnectionProfile, b: ConnectionProfile): number {
  return Number(a.sample) - Number(b.sample) || a.name.localeCompare(b.name);
}

export const useShares = (): readonly Share[] | null => useStore(useServices().shares);

/** The ids that the list shows. */
export const useVisible = (): readonly string[] => useStore(useServices().visible);

/** True where actions can reach the engine now. */
export const useLive = (): boolean => useMirror((mirror) => mirror.status === 'live');
