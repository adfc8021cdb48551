/** What lies in the folders of a round, beside the truth about it. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DownloadJob } from '../../shared/job.ts';
import { FILLER } from './small-disk.ts';
import type { Target } from './target.ts';
import { Violation } from './violation.ts';

/** Ranges of a job that are told; of more, the smallest gaps are closed (shared/job.ts). */
const SHOWN_RANGES = 64;

/** A part file, also on its way to another folder. */
const isPart = (name: string) => /\.sluice(?:\.moving)?$/.test(name);

function* filesIn(folders: readonly string[]): Generator<{ readonly name: string; readonly path: string }> {
  for (const folder of folders.filter((one) => existsSync(one))) {
    for (const name of readdirSync(folder)) if (name !== FILLER) yield { name, path: join(folder, name) };
  }
}

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The target of a file or a job, which may be called “NAME (1)”. */
export function targetOf(targets: readonly Target[], name: string): Target {
  const found = targets.find((one) => one.name === name.replace(/ \(\d+\)(?=\.bin$)/, ''));
  if (!found) throw new Violation(`${name} is nobody's file`);
  return found;
}

/** Whatever has a final name is the whole file, at any moment. */
export function checkFinalNames(folders: readonly string[], targets: readonly Target[]): void {
  for (const { name, path } of filesIn(folders)) {
    if (isPart(name)) continue;
    const { ends, manner, sha256 } = targetOf(targets, name);
    if (ends === 'mismatch') throw new Violation(`${name} has its final name against its checksum (${manner})`);
    if (sha256Of(path) !== sha256) throw new Violation(`${name} has its final name and is not the file (${manner})`);
  }
}

/** SHA-256 of the part files, by path. */
export function partFiles(folders: readonly string[]): Map<string, string> {
  const parts = [...filesIn(folders)].filter(({ name }) => isPart(name));
  return new Map(parts.map(({ path }) => [path, sha256Of(path)]));
}

/** What the journal does not have is lost, as it may be when the power goes: garbage takes its place. */
export function losePower(jobs: readonly DownloadJob[]): void {
  for (const { folder, name, state, ranges } of jobs) {
    const path = join(folder, `${name}.sluice`);
    // More ranges than are shown would hide gaps.
    if (state.kind === 'completed' || ranges.length >= SHOWN_RANGES || !existsSync(path)) continue;
    const fd = openSync(path, 'r+');
    try {
      const { size } = fstatSync(fd);
      let at = 0;
      for (const [start, end] of [...ranges, [size, size] as const]) {
        if (start > at) writeSync(fd, Buffer.alloc(start - at, 0xee), 0, start - at, at);
        at = end;
      }
    } catch (error) {
      // On a full disk there is no room even for garbage: what was never written reads as zeros.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(fd);
    }
  }
}

export interface Excuses {
  /** The store lost its end: it cannot know of all files. */
  readonly wasTorn: boolean;
  /** A kill came while a file was moved: it may lie in both folders. */
  readonly wasKilledMoving: boolean;
}

/** What the jobs say is what the folders have. */
export function checkJobs(
  jobs: readonly DownloadJob[],
  folders: readonly string[],
  targets: readonly Target[],
  { wasTorn, wasKilledMoving }: Excuses,
): void {
  const paths = [...filesIn(folders)].map(({ path }) => path);
  for (const target of targets) {
    const job = jobs.find(({ name }) => targetOf(targets, name) === target);
    if (!job) throw new Violation(`${target.name} is not on the list any more`);
    const path = join(job.folder, job.name);
    if (job.state.kind === 'completed' && !paths.includes(path)) throw new Violation(`${path} is not there`);
    if (job.state.kind !== 'completed' && paths.includes(path) && !wasTorn) {
      throw new Violation(`${path} has its final name and is ${job.state.kind}`);
    }
  }
  const known = jobs.map(({ state, folder, name }) =>
    join(folder, state.kind === 'completed' ? name : `${name}.sluice`),
  );
  const unknown = paths.filter((path) => !known.includes(path));
  const isExcused = (path: string) => wasTorn || (wasKilledMoving && isPart(path));
  if (!unknown.every(isExcused)) throw new Violation(`nobody knows of ${unknown.join(', ')}`);
}
