import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createActivity, type Activity } from '../../electron/shell/activity.ts';
import { setupPowerSaveBlocker } from '../../electron/shell/power.ts';
import { progressOf, setupProgress } from '../../electron/shell/progress.ts';
import { setupTray, summary } from '../../electron/shell/tray.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import { failure } from '../../shared/failure.ts';
import type { DownloadJob, Job, JobState, Meter } from '../../shared/job.ts';
import { engineDouble } from './app-engine-double.ts';
import { asDownload } from '../tools/as-download.ts';
import * as electron from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const idle: Activity = { running: 0, paused: 0, attention: 0, fraction: null, rate: 0 };

function job(id: string, state: JobState, patch: Partial<DownloadJob> = {}): Job {
  const engine = engineDouble();
  engine.add([{ url: `https://example.com/${id}.iso` }]);
  const [made] = engine.list();
  if (!made) throw new Error('no job');
  return { ...asDownload(made), id, state, size: 1000, ...patch };
}
const settings = engineDouble().settings();
const meter = (id: string, done: number): Meter => ({
  id,
  done,
  rate: 0,
  eta: null,
  active: 1,
  bottleneck: 'none',
  ranges: [],
  verified: null,
  rows: null,
  rowRate: null,
  dropped: null,
});
const snapshot = (jobs: Job[], meters: Meter[] = []): JobsEvent => ({
  type: 'snapshot',
  revision: 1,
  jobs,
  meters,
  totals: { rate: 0, active: 0 },
  settings,
});
const changes = (jobs: Job[], meters: Meter[] = [], removed: string[] = [], rate = 0): JobsEvent => ({
  type: 'changes',
  revision: 2,
  jobs,
  removed,
  meters,
  totals: { rate, active: 1 },
});

describe('the sum of the jobs', () => {
  test('counts, and adds up progress over what is at work', () => {
    const follow = createActivity();
    const { activity } = follow(
      snapshot(
        [
          job('a', { kind: 'running' }, { done: 100 }),
          job('b', { kind: 'verifying' }, { done: 1000 }),
          job('c', { kind: 'paused' }, { done: 900 }),
          job('d', { kind: 'completed', at: 1, proof: 'size' }, { done: 1000 }),
          job('e', { kind: 'attention', failure: failure('offline'), choices: [] }),
        ],
        [meter('a', 500)],
      ),
    );
    expect(activity).toEqual({ running: 2, paused: 1, attention: 1, fraction: 0.75, rate: 0 });
    expect(follow(changes([], [meter('a', 900)], [], 42)).activity).toMatchObject({ fraction: 0.95, rate: 42 });
    expect(follow(changes([], [], ['a', 'b'])).activity).toMatchObject({ running: 0, fraction: null });
  });
  test('has no fraction where one size is unknown', () => {
    const jobs = [job('a', { kind: 'running' }), job('b', { kind: 'running' }, { size: null })];
    expect(createActivity()(snapshot(jobs)).activity.fraction).toBeNull();
  });
});

describe('an ending', () => {
  const done = job('a', { kind: 'completed', at: 1, proof: 'size' });
  test('is told once, when it happens', () => {
    const follow = createActivity();
    follow(snapshot([job('a', { kind: 'running' })]));
    expect(follow(changes([done])).endings).toEqual([{ job: done, kind: 'completed' }]);
    expect(follow(changes([done])).endings).toEqual([]);
  });
  test('is not what was over when Sluice started', () => {
    expect(createActivity()(snapshot([done])).endings).toEqual([]);
  });
  test('that fell between two snapshots is told too', () => {
    const follow = createActivity();
    follow(snapshot([job('a', { kind: 'running' })]));
    expect(follow(snapshot([done])).endings).toHaveLength(1);
  });
});

describe('sleep', () => {
  beforeEach(() => {
    electron.powerSaveBlocker.started.length = 0;
    electron.powerSaveBlocker.running.clear();
  });
  test('is held off while jobs run, once, and let go when none does', () => {
    const follow = setupPowerSaveBlocker();
    follow({ running: 0 });
    expect(electron.powerSaveBlocker.started).toEqual([]);
    follow({ running: 1 });
    follow({ running: 5 });
    expect(electron.powerSaveBlocker.started).toEqual(['prevent-app-suspension']);
    expect(electron.powerSaveBlocker.running.size).toBe(1);
    follow({ running: 0 });
    follow({ running: 0 });
    expect(electron.powerSaveBlocker.running.size).toBe(0);
    follow({ running: 1 });
    expect(electron.powerSaveBlocker.running.size).toBe(1);
  });
});

describe('the taskbar', () => {
  test('shows a fraction, an unknown end, trouble, or nothing', () => {
    expect(progressOf(idle)).toEqual({ value: -1, mode: 'none' });
    expect(progressOf({ ...idle, running: 1 })).toEqual({ value: 2, mode: 'indeterminate' });
    expect(progressOf({ ...idle, running: 1, fraction: 0.5 })).toEqual({ value: 0.5, mode: 'normal' });
    expect(progressOf({ ...idle, running: 1, fraction: 0.5, attention: 1 })).toEqual({ value: 0.5, mode: 'error' });
  });
  test('carries the number of running jobs', () => {
    const show = setupProgress(() => null);
    show({ ...idle, running: 3 });
    expect(electron.app.badge).toBe(3);
    show(idle);
    expect(electron.app.badge).toBe(0);
  });
});

describe('the tray', () => {
  test('says in a few words what goes on', () => {
    expect(summary({ ...idle, running: 3, fraction: 0.456, rate: 12_345_678 })).toBe('3 running, 45 %, 12.0 MB/s');
    expect(summary({ ...idle, running: 1 })).toBe('1 running');
    expect(summary({ ...idle, attention: 1, paused: 2 })).toBe('1 needs you');
    expect(summary({ ...idle, paused: 2 })).toBe('2 paused');
    expect(summary(idle)).toBe('Nothing to do');
  });
  test('offers what can be done, and is built anew only when its words change', () => {
    const actions = {
      show: vi.fn<() => void>(),
      pauseAll: vi.fn<() => void>(),
      resumeAll: vi.fn<() => void>(),
      quit: vi.fn<() => void>(),
    };
    const show = setupTray('/icons', actions);
    show({ ...idle, running: 1, fraction: 0.101, rate: 1_010_000 });
    show({ ...idle, running: 1, fraction: 0.102, rate: 1_020_000 });
    const { menu, menus } = electron.Tray.last ?? { menu: [], menus: 0 };
    expect(menus).toBe(1);
    const click = (label: string) => menu.find((item) => item.label === label)?.click?.();
    expect(menu.find(({ label }) => label === 'Resume All')).toMatchObject({ enabled: false });
    for (const label of ['Show Sluice', 'Pause All', 'Quit']) click(label);
    expect(actions.show).toHaveBeenCalledOnce();
    expect(actions.pauseAll).toHaveBeenCalledOnce();
    expect(actions.quit).toHaveBeenCalledOnce();
  });
});
