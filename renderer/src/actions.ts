import type { Settings } from '../../shared/settings.ts';
import type { Failure } from '../../shared/failure.ts';
import { allowedActions, type JobAction } from '../../shared/job-state.ts';
import type { AttentionChoice, Priority } from '../../shared/job.ts';
import { linkOf } from './link-of.ts';
import type { MirrorStore } from './mirror/mirror.ts';
import { failureOf, type Client } from './transport/index.ts';
import type { ViewStore } from './view/view.ts';

type Ids = readonly string[];

/** What some decisions need besides the choice: a folder, a link, or a name and a password. */
export type DecisionDetails = Omit<Parameters<Client['jobs']['decide']>[0], 'id' | 'choice'>;

/** What a person can do, from whatever button, key or menu it is asked. */
export interface Actions {
  /** Those of the jobs that allow the action now. */
  allowing(ids: Ids, action: JobAction): string[];
  pause(ids: Ids): void;
  resume(ids: Ids): void;
  /** Pauses those that run; where none does, lets the paused go on. */
  togglePause(ids: Ids): void;
  retry(ids: Ids): void;
  /** Ends captures: what was read is written, and they count as done. */
  finish(ids: Ids): void;
  cancel(ids: Ids): void;
  /** Opens the question; nothing is removed before it is answered. */
  askRemove(ids: Ids): void;
  remove(ids: Ids, deleteFile: boolean): Promise<Failure | null>;
  reorder(ids: Ids, before: string | null): void;
  decide(id: string, choice: AttentionChoice, details?: DecisionDetails): Promise<Failure | null>;
  setPriority(ids: Ids, priority: Priority): void;
  /** Puts jobs off to a time in ms since the epoch; null: as soon as the queue allows. */
  setStartAt(ids: Ids, startAt: number | null): Promise<Failure | null>;
  open(id: string): void;
  reveal(id: string): void;
  openLink(id: string): void;
  copyLinks(ids: Ids): void;
  setLimit(id: string, limit: number | null): void;
  setConnections(id: string, connections: number | null): void;
  setSettings(patch: Partial<Settings>): Promise<Failure | null>;
  /** Adds the throttled download from the built-in remote. */
  trySample(): Promise<void>;
  /** Captures the built-in feed. */
  trySampleFeed(): Promise<void>;
}

/** Bytes and bytes per second of “Try it”: long enough to pause and look around, short enough to finish. */
const sample = { size: 64_000_000, rate: 2_000_000 };

/** The sample feed gives about a kilobyte a second: small files, so that one sees them change. */
const sampleCapture = {
  rotation: { bytes: 100_000, seconds: 60, naming: 'number' },
  compression: 'none',
  queue: { records: 10_000, bytes: 16_000_000 },
  whenFull: 'block',
  whenDiskFull: 'block',
} as const;

export function createActions(client: Client, mirror: MirrorStore, view: ViewStore): Actions {
  /** Shows a failure on the row it is about, or above the list where it is about several or none. */
  const show = (ids: Ids, problem: Failure | null) => {
    view.setState(({ problems }) => {
      const next = new Map(problems);
      for (const id of ids) next.delete(id);
      const [id] = ids;
      if (problem && ids.length === 1 && id) next.set(id, problem);
      return { problems: next, problem: ids.length === 1 ? null : problem };
    });
  };
  const attempt = async (ids: Ids, call: () => Promise<unknown>): Promise<Failure | null> => {
    let problem: Failure | null = null;
    try {
      await call();
    } catch (error) {
      problem = failureOf(error);
    }
    show(ids, problem);
    return problem;
  };
  const allowing = (ids: Ids, action: JobAction) =>
    ids.filter((id) => {
      const job = mirror.getState().jobs.get(id);
      if (!job || (action === 'finish' && job.kind !== 'capture')) return false;
      return allowedActions(job.state.kind).includes(action);
    });
  const onAll = (action: 'pause' | 'resume' | 'retry' | 'finish' | 'cancel') => (given: Ids) => {
    const ids = allowing(given, action);
    if (ids.length > 0) void attempt(ids, () => client.jobs[action]({ ids }));
  };
  const pause = onAll('pause');
  const resume = onAll('resume');

  return {
    allowing,
    pause,
    resume,
    togglePause: (ids) => (allowing(ids, 'pause').length > 0 ? pause(ids) : resume(ids)),
    retry: onAll('retry'),
    finish: onAll('finish'),
    cancel: onAll('cancel'),
    askRemove: (ids) => ids.length > 0 && view.setState({ dialog: { kind: 'delete', ids } }),
    remove: (ids, deleteFile) => attempt(ids, () => client.jobs.remove({ ids: [...ids], deleteFile })),
    reorder: (ids, before) => void attempt(ids, () => client.jobs.reorder({ ids: [...ids], before })),
    decide: (id, choice, details) => attempt([id], () => client.jobs.decide({ id, choice, ...details })),
    setPriority: (ids, priority) => void attempt(ids, () => client.jobs.setPriority({ ids: [...ids], priority })),
    setStartAt: (ids, startAt) => attempt(ids, () => client.jobs.setStartAt({ ids: [...ids], startAt })),
    open: (id) => void attempt([id], () => client.jobs.open({ id })),
    reveal: (id) => void attempt([id], () => client.jobs.reveal({ id })),
    openLink: (id) => {
      const { info, jobs } = mirror.getState();
      const job = jobs.get(id);
      const link = job && linkOf(job);
      if (!link) return;
      if (info?.can.openFiles) void attempt([id], () => client.jobs.openLink({ id }));
      else openHere(link);
    },
    copyLinks: (ids) => {
      const { jobs } = mirror.getState();
      const links = ids.flatMap((id) => {
        const job = jobs.get(id);
        return (job && linkOf(job)) ?? [];
      });
      void attempt(ids, () => navigator.clipboard.writeText(links.join('\n')));
    },
    setLimit: (id, limit) => void attempt([id], () => client.jobs.setLimit({ id, limit })),
    setConnections: (id, connections) => void attempt([id], () => client.jobs.setConnections({ id, connections })),
    setSettings: (patch) => attempt([], () => client.settings.set(patch)),
    trySample: async () => {
      await attempt([], async () => {
        const { url } = await client.system.sample(sample);
        const [result] = await client.jobs.add({ downloads: [{ url }] });
        if (result?.ok) view.setState({ focused: result.id, anchor: result.id, selected: new Set([result.id]) });
        else if (result) view.setState({ problem: result.failure });
      });
    },
    trySampleFeed: async () => {
      await attempt([], async () => {
        const { url } = await client.system.sampleFeed();
        const { id } = await client.captures.add({ feed: { kind: 'sse', url }, name: 'sample-feed', ...sampleCapture });
        view.setState({ focused: id, anchor: id, selected: new Set([id]) });
      });
    },
  };
}

/** In a browser the window opens a link itself: the engine's computer may have no screen. Only the web's own schemes. */
function openHere(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) window.open(url, '_blank', 'noopener');
}
