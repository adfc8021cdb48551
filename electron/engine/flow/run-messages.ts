import type { Meter } from '../../../shared/job.ts';

/** What every thread that does runs is asked; each kind of work adds its own. */
export type RunRequest =
  | { readonly kind: 'stop' | 'detail'; readonly id: string }
  /** `id` null: over all runs. */
  | { readonly kind: 'limit'; readonly id: string | null; readonly rate: number | null }
  /** Nothing runs any more: end the thread. */
  | { readonly kind: 'close' };

/** What every such thread tells. */
export type RunReply<Event, Detail> =
  | { readonly kind: 'event'; readonly id: string; readonly event: Event }
  | { readonly kind: 'meters'; readonly meters: readonly Meter[] }
  | { readonly kind: 'detail'; readonly id: string; readonly detail: Detail | null };
