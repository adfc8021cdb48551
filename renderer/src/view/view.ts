import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Failure } from '../../../shared/failure.ts';
import type { AttentionChoice } from '../../../shared/job.ts';
import type { ShareKind } from '../../../shared/share.ts';
import type { Group } from '../mirror/mirror.ts';

/** What the middle of the window shows. */
export type Place =
  | { readonly kind: 'jobs' }
  | { readonly kind: 'connections' }
  /** What is to be exported from one connection. */
  | { readonly kind: 'export'; readonly connection: string }
  | { readonly kind: 'shares' };

/** A dialog that is open, with what it is about. */
export type OpenDialog =
  | { readonly kind: 'add'; readonly text: string }
  | { readonly kind: 'settings' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'delete'; readonly ids: readonly string[] }
  | { readonly kind: 'decide'; readonly id: string; readonly choice: AskingChoice }
  | { readonly kind: 'start-later'; readonly ids: readonly string[] }
  /** A new connection (null), or one that is kept. */
  | { readonly kind: 'connection'; readonly id: string | null }
  | { readonly kind: 'remove-connection'; readonly id: string }
  /** A new share: of what, where that is known already, and its name. */
  | { readonly kind: 'share'; readonly draft: ShareDraft }
  | { readonly kind: 'capture' };

/** What a share is begun with. */
export interface ShareDraft {
  readonly kind: ShareKind;
  /** A path, a link, or the id of a job. */
  readonly of: string;
  readonly name: string;
}

/** Choices that need something more from the person before they are made. */
export const askingChoices = ['change-folder', 'new-link', 'login', 'trust', 'allow-http'] as const;
export type AskingChoice = (typeof askingChoices)[number];

export function isAsking(choice: AttentionChoice): choice is AskingChoice {
  return (askingChoices as readonly AttentionChoice[]).includes(choice);
}

/** What the person looks at: the state of this window alone. The engine knows nothing of it. */
export interface View {
  readonly place: Place;
  readonly group: Group;
  readonly search: string;
  readonly selected: ReadonlySet<string>;
  /** The row that has, or would take, the keyboard's focus. */
  readonly focused: string | null;
  /** Where a selection with Shift begins. */
  readonly anchor: string | null;
  readonly details: boolean;
  readonly dialog: OpenDialog | null;
  /** The share that is shown in detail. */
  readonly share: string | null;
  /** What went wrong with an action on one job, shown on its row until the next action on it. */
  readonly problems: ReadonlyMap<string, Failure>;
  /** What went wrong with an action on several jobs, or on none. */
  readonly problem: Failure | null;
}
export type ViewStore = StoreApi<View>;

export function createView(): ViewStore {
  return createStore<View>(() => ({
    place: { kind: 'jobs' },
    group: 'all',
    search: '',
    selected: new Set(),
    focused: null,
    anchor: null,
    details: false,
    dialog: null,
    share: null,
    problems: new Map(),
    problem: null,
  }));
}
