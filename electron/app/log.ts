/** The log: `log/sluice.log` in the home folder, bounded, secrets redacted. Faces show sentences; this keeps causes. */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { redact } from './redact.ts';

export interface Log {
  /** Something worth knowing later. */
  info(text: string): void;
  /** Something broke; `error` is written with its stack and causes. */
  error(text: string, error?: unknown): void;
}

const maxBytes = 1_000_000;
const keptFiles = 3;

/**
 * A log that keeps at most three files of `limit` bytes (1 MB) each. Entries are rare and written at once, so that the
 * last words before a crash are there. A log that cannot be written never stops the work.
 */
export function createLog(home: string, limit = maxBytes): Log {
  const folder = join(home, 'log');
  const file = join(folder, 'sluice.log');

  const write = (level: string, text: string) => {
    const line = redact(`${new Date().toISOString()} ${level} [${process.pid}] ${text}`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= limit) rotate(file);
      appendFileSync(file, `${line}\n`, { mode: 0o600 });
    } catch {
      // A full disk or a read-only home must not stop a download.
    }
  };
  return {
    info: (text) => write('info', text),
    error: (text, error) => write('error', error === undefined ? text : `${text}: ${inspect(error, { depth: 4 })}`),
  };
}

/** sluice.log → sluice.1.log → sluice.2.log → gone. */
function rotate(file: string): void {
  const name = (n: number) => (n === 0 ? file : file.replace(/\.log$/, `.${n}.log`));
  rmSync(name(keptFiles - 1), { force: true });
  for (let n = keptFiles - 2; n >= 0; n -= 1) {
    if (statSync(name(n), { throwIfNoEntry: false })) renameSync(name(n), name(n + 1));
  }
}
