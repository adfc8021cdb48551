import { describe, expect, test } from 'vitest';
import { choicesFor } from '../../electron/engine/jobs/attention.ts';
import { backoff, MAX_TRIES } from '../../electron/engine/jobs/backoff.ts';
import { isOffline } from '../../electron/engine/jobs/network.ts';
import { type Circumstances, type Intent, recovered, settle, stopping } from '../../electron/engine/jobs/outcome.ts';
import { coarse } from '../../electron/engine/download/index.ts';
import { coverage } from '../../electron/engine/jobs/ranges.ts';
import { failure, failureCodes } from '../../shared/failure.ts';
import { canTransition, transitions } from '../../shared/job-state.ts';
import type { JobState, JobStateKind, Ranges } from '../../shared/job.ts';
import { retry } from './jobs-world.ts';

const calm: Circumstances = {
  tries: 0,
  now: 1_000_000,
  random: 0,
  offline: false,
  origin: 'http://example.com',
  isServing: false,
  begun: false,
};

describe('backoff', () => {
  test('doubles from a second to a minute, with chance on top and never beyond', () => {
    expect([1, 2, 3, 4, 5].map((tries) => backoff(tries, 0))).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect([1, 2, 6, 7, 50].map((tries) => backoff(tries, 1))).toEqual([1500, 3000, 48_000, 60_000, 60_000]);
    for (let tries = 1; tries < 40; tries += 1) {
      for (const random of [0, 0.3, 0.999]) {
        expect(backoff(tries, random)).toBeGreaterThanOrEqual(1000);
        expect(backoff(tries, random)).toBeLessThanOrEqual(60_000);
      }
    }
  });
});

describe('settle', () => {
  test('waits longer after each try that brought nothing, and gives up in the end with the cause', () => {
    let tries = 0;
    const waits: number[] = [];
    for (let i = 0; i < MAX_TRIES; i += 1) {
      const next = settle(retry('connection-lost'), null, { ...calm, tries });
      expect(next.state).toMatchObject({ kind: 'waiting', reason: 'retry', attempt: i + 2 });
      if (next.state.kind === 'waiting') waits.push(next.state.until - calm.now);
      tries = next.tries;
    }
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(settle(retry('connection-lost'), null, { ...calm, tries }).state).toMatchObject({
      kind: 'failed',
      failure: { code: 'connection-lost' },
    });
  });

  test('begins with patience again once bytes came', () => {
    const next = settle(retry('connection-lost', { progressed: true }), null, { ...calm, tries: MAX_TRIES });
    expect(next.tries).toBe(1);
    expect(next.state).toMatchObject({ kind: 'waiting', until: calm.now + 1000 });
  });

  test.each([
    [90_000, 90_000],
    [0, 1000],
    [86_400_000, 3_600_000],
  ])('honours Retry-After of %i ms within reason (faults.md 57)', (asked, waits) => {
    expect(settle(retry('too-busy', { retryAfter: asked }), null, calm).state).toMatchObject({
      kind: 'waiting',
      reason: 'retry-after',
      until: calm.now + waits,
      failure: { code: 'too-busy' },
    });
  });

  test('a server that always says “in a second” is asked as seldom as one that says nothing', () => {
    let [tries, waited] = [0, 0];
    for (;;) {
      const next = settle(retry('too-busy', { retryAfter: 1000 }), null, { ...calm, tries });
      if (next.state.kind !== 'waiting') break;
      waited += next.state.until - calm.now;
      tries = next.tries;
    }
    expect([tries, waited > 120_000]).toEqual([MAX_TRIES, true]);
  });

  test.each(['too-busy', 'connection-refused'] as const)(
    'spends no try on “%s” of a host that serves another job of ours, and waits its turn (faults.md 58)',
    (code) => {
      const next = settle(retry(code), null, { ...calm, isServing: true, tries: MAX_TRIES });
      expect(next).toMatchObject({ tries: MAX_TRIES, state: { kind: 'waiting', until: calm.now + 20_000 } });
      expect(settle(retry(code), null, { ...calm, tries: MAX_TRIES }).state.kind).toBe('failed');
    },
  );

  test.each(['too-busy', 'connection-refused', 'connection-timed-out', 'host-not-found'] as const)(
    'that has begun waits as long as it takes for a server that is away (%s), and asks every five minutes',
    (code) => {
      const next = settle(retry(code), null, { ...calm, begun: true, tries: 500 });
      expect(next.state).toMatchObject({ kind: 'waiting', until: calm.now + 300_000 });
    },
  );

  test('waits for the network without spending a try (faults.md 63)', () => {
    for (const outcome of [
      retry('connection-lost'),
      retry('host-not-found'),
      { kind: 'failed', failure: failure('host-not-found', { host: 'example.com' }) } as const,
    ]) {
      const next = settle(outcome, null, { ...calm, tries: 9, offline: true });
      expect(next).toMatchObject({
        tries: 9,
        state: { kind: 'waiting', reason: 'offline', failure: { code: 'offline' } },
      });
    }
  });

  test('a source that was reached before is waited for without end, where only the way to it is gone (63)', () => {
    const unknown = { kind: 'failed', failure: failure('host-not-found', { host: 'example.com' }) } as const;
    for (const outcome of [unknown, retry('host-not-found'), retry('connection-timed-out')]) {
      for (const tries of [0, MAX_TRIES, 1000]) {
        expect(settle(outcome, null, { ...calm, tries, begun: true })).toMatchObject({
          tries: tries + 1,
          state: { kind: 'waiting', reason: 'retry', failure: outcome.failure },
        });
      }
      expect(settle(outcome, null, { ...calm, tries: MAX_TRIES }).state.kind).toBe('failed');
      expect(settle(outcome, { kind: 'pause' }, { ...calm, begun: true }).state.kind).not.toBe('waiting');
    }
    expect(settle(retry('connection-lost'), null, { ...calm, tries: MAX_TRIES, begun: true }).state.kind).toBe(
      'failed',
    );
  });

  test('a failure that will not pass is shown, offline or not', () => {
    const gone = { kind: 'failed', failure: failure('not-found', { status: 404 }) } as const;
    expect(settle(gone, null, { ...calm, offline: true }).state.kind).toBe('failed');
    const unknown = { kind: 'failed', failure: failure('host-not-found', { host: 'typo' }) } as const;
    expect(settle(unknown, null, calm).state.kind).toBe('failed');
  });

  test('does as the person asked, but what is finished is finished', () => {
    const completed = { kind: 'completed', name: 'a', size: 1, proof: 'size' } as const;
    for (const kind of ['pause', 'cancel', 'remove'] as const) {
      expect(settle(completed, { kind }, calm).state.kind).toBe('completed');
    }
    for (const outcome of [{ kind: 'stopped' } as const, retry('connection-lost'), retry('offline')]) {
      expect(settle(outcome, { kind: 'pause' }, calm).state.kind).toBe('paused');
      expect(settle(outcome, { kind: 'cancel' }, calm).state.kind).toBe('cancelled');
    }
    const changed = { kind: 'attention', failure: failure('changed', { detail: 'size' }) } as const;
    expect(settle(changed, { kind: 'pause' }, calm).state.kind).toBe('attention');
    expect(settle(changed, { kind: 'cancel' }, calm).state.kind).toBe('cancelled');
  });

  test('leads only to states that may follow', () => {
    const outcomes = [
      { kind: 'completed', name: 'a', size: 1, proof: 'size' },
      { kind: 'stopped' },
      retry('connection-lost'),
      retry('too-busy', { retryAfter: 5000 }),
      { kind: 'attention', failure: failure('changed') },
      { kind: 'failed', failure: failure('not-found') },
      { kind: 'failed', failure: failure('host-not-found') },
    ] as const;
    for (const outcome of outcomes) {
      for (const offline of [false, true]) {
        // With nothing asked, a run is in one of these; asked to stop, it is “pausing”.
        for (const from of ['starting', 'running', 'verifying'] as const) {
          const { state } = settle(outcome, null, { ...calm, offline });
          expect(canTransition(from, state.kind), `${from} → ${state.kind}`).toBe(true);
        }
        const diskFull = { kind: 'attention', failure: failure('disk-full') } as const;
        for (const intent of [{ kind: 'pause' } as const, { kind: 'cancel' } as const, diskFull]) {
          const { state } = settle(outcome, intent, { ...calm, offline });
          expect(canTransition('pausing', state.kind), `pausing → ${state.kind}`).toBe(true);
        }
      }
    }
  });
});

test('choices about the link are for what has one: a capture or an export could not carry them out', () => {
  for (const code of failureCodes) {
    const { state } = settle({ kind: 'attention', failure: failure(code) }, null, { ...calm, origin: null });
    const choices = state.kind === 'attention' ? state.choices : [];
    expect(choices.length, code).toBeGreaterThan(0);
    expect(choices, code).not.toEqual(expect.arrayContaining([expect.stringMatching(/link|login|http/)]));
  }
});

test('every attention has a choice that leads on', () => {
  for (const code of failureCodes) {
    const choices = choicesFor(code);
    expect(choices.some((choice) => choice !== 'keep' && choice !== 'open-link')).toBe(true);
    expect(new Set(choices).size).toBe(choices.length);
  }
});

test('a job of an earlier session goes on, or stays where the person put it', () => {
  const f = failure('offline');
  const states: readonly JobState[] = [
    { kind: 'queued' },
    { kind: 'starting' },
    { kind: 'running' },
    { kind: 'pausing' },
    { kind: 'paused' },
    { kind: 'waiting', reason: 'offline', until: 5, attempt: 1, failure: f },
    { kind: 'verifying' },
    { kind: 'completed', at: 1, proof: 'size' },
    { kind: 'attention', failure: f, choices: ['retry'] },
    { kind: 'failed', failure: f },
    { kind: 'cancelled' },
  ];
  expect(states.map((state) => state.kind).toSorted()).toEqual(Object.keys(transitions).toSorted());
  const after = Object.fromEntries(states.map((state) => [state.kind, recovered(state).kind]));
  expect(after).toEqual({
    queued: 'queued',
    starting: 'queued',
    running: 'queued',
    pausing: 'paused',
    paused: 'paused',
    waiting: 'queued',
    verifying: 'queued',
    completed: 'completed',
    attention: 'attention',
    failed: 'failed',
    cancelled: 'cancelled',
  } satisfies Record<JobStateKind, JobStateKind>);
  for (const state of states) {
    const next = recovered(state).kind;
    expect(next === state.kind || canTransition(state.kind, next)).toBe(true);
  }
});

test.each<[Intent, JobStateKind]>([
  [{ kind: 'pause' }, 'paused'],
  [{ kind: 'remove' }, 'paused'],
  [{ kind: 'put-off' }, 'queued'],
  [{ kind: 'attention', failure: failure('disk-full') }, 'queued'],
  [{ kind: 'cancel' }, 'cancelled'],
])('a crash while a run stops does not lose what it was stopped for: %j', (intent, next) => {
  const state = recovered(stopping(intent));
  expect(state).toEqual({ kind: next });
  expect(canTransition('pausing', next)).toBe(true);
});

describe('isOffline', () => {
  const only = { lo: [{ internal: true }] };
  test.each([
    ['example.com', only, true],
    ['example.com', {}, true],
    ['example.com', { ...only, wlan0: [{ internal: false }] }, false],
    ['localhost:8080', only, false],
    ['127.0.0.1:80', only, false],
    ['127.8.9.1', only, false],
    ['[::1]:3000', only, false],
    ['app.localhost', only, false],
    ['127.evil.example', only, true],
    ['localhost.example.com', only, true],
  ])('%s with %j: %s', (host, interfaces, expected) => {
    expect(isOffline(host, interfaces)).toBe(expected);
  });
});

describe('ranges for show', () => {
  test('the smallest gaps are closed first, the ends stay', () => {
    const ranges: Ranges = [
      [0, 10],
      [11, 20],
      [90, 100],
      [102, 110],
      [500, 510],
    ];
    expect(coarse(ranges, 3)).toEqual([
      [0, 20],
      [90, 110],
      [500, 510],
    ]);
    expect(coarse(ranges, 1)).toEqual([[0, 510]]);
    expect(coarse(ranges, 5)).toBe(ranges);
    expect(coarse([], 5)).toEqual([]);
  });

  test('never more than 64, and coverage counts bytes', () => {
    const many: Ranges = Array.from({ length: 5000 }, (_, i) => [i * 10, i * 10 + 5]);
    expect(coarse(many)).toHaveLength(64);
    expect(coverage(many)).toBe(25_000);
  });
});
