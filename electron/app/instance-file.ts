/**
 * `instance.json` in the home folder: how to reach the process that has the engine. It holds a token, so only its owner
 * may read it; it is written whole or not at all, and what a dead process left behind is ignored.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const instanceSchema = z.object({
  pid: z.int().min(1),
  port: z.int().min(1).max(65_535),
  token: z.string().regex(/^[\w-]{20,}$/),
  version: z.string(),
  face: z.enum(['desktop', 'host', 'cli']),
  /** True where the window is served at the port too. */
  window: z.boolean(),
});
export type InstanceRecord = z.infer<typeof instanceSchema>;

const fileOf = (home: string) => join(home, 'instance.json');

export function writeInstance(home: string, record: InstanceRecord): void {
  const file = fileOf(home);
  const temporary = `${file}.${record.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

/** What the file says, where its process is alive; null where there is none. */
export function readInstance(home: string): InstanceRecord | null {
  try {
    const record = instanceSchema.parse(JSON.parse(readFileSync(fileOf(home), 'utf8')));
    return isAlive(record.pid) ? record : null;
  } catch {
    return null;
  }
}

/** Removes the file where it still is the one with this token: a successor's stays. */
export function removeInstance(home: string, token: string): void {
  if (readInstance(home)?.token === token) rmSync(fileOf(home), { force: true });
}

/** Whether there is a process of this id. Signal 0 only asks (kill(2)); EPERM: alive, and someone else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
