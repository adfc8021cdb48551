/** What a scene is, and what all scenes are played with. */
import type { Page } from 'playwright';
import { EngineDouble, type DoubleState } from '../component/engine-double.ts';
import { busyJobs, detailFor, metersFor } from '../component/samples.ts';
import type { WindowServer } from './window-server.ts';

export interface Stage {
  readonly page: Page;
  readonly engine: EngineDouble;
  readonly server: WindowServer;
  readonly token: string;
  /** Seconds of past that a picture shows; axe does not look at them. */
  readonly past: number;
}

export interface Scene {
  readonly name: string;
  readonly width?: number;
  readonly height?: number;
  /** 2 is the browser's zoom of 200 %: half the CSS pixels at twice the density. */
  readonly zoom?: number;
  readonly reducedMotion?: boolean;
  /** What the person set in their system: more contrast, or its own few colours. */
  readonly contrast?: 'more' | 'forced';
  /** A picture is taken, and axe looks then; `--check` leaves it to a scene that is made of the same parts. */
  readonly pictured?: true;
  readonly engine: () => EngineDouble;
  /** No token in the link, or one that the host does not know. */
  readonly token?: 'missing' | 'wrong';
  readonly act?: (stage: Stage) => Promise<void>;
  /** Console messages that belong to the state, e.g. a refused socket. */
  readonly expected?: RegExp;
}

export const row = (page: Page, name: string | RegExp) => page.getByRole('row', { name });
export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

export function engineWith(state: DoubleState): EngineDouble {
  const engine = new EngineDouble(state);
  engine.detail = (id) => detailFor(engine.job(id));
  return engine;
}

/** A list with something of everything under way. */
export function busy(state: Partial<DoubleState> = {}): EngineDouble {
  const jobs = busyJobs();
  return engineWith({ jobs, meters: metersFor(jobs), ...state });
}
