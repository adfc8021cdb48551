import { createContext, use } from 'react';
import { useStore } from 'zustand';
import { useServices } from '../services.tsx';
import { noWork, type Work } from './work.ts';

/** Whose work the page shows. */
export const ConnectionContext = createContext('');

/** What was chosen for the connection of this page, and what changes it. */
export function useWork(): readonly [Work, (patch: Partial<Work>) => void] {
  const id = use(ConnectionContext);
  const { works } = useServices();
  const work = useStore(works, (all) => all.get(id) ?? noWork);
  const change = (patch: Partial<Work>) =>
    works.setState((all) => new Map(all).set(id, { ...(all.get(id) ?? noWork), ...patch }), true);
  return [work, change];
}
