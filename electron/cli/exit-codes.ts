/** What a script learns from the exit code. docs/cli.md has the same table for people. */
import type { FailureCode } from '../../shared/failure.ts';

export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  failed: 3,
  attention: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

/** Codes of things that were typed, or that the folder that was typed does not allow. */
const usage: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'not-a-url',
  'unsupported-scheme',
  'bad-checksum',
  'bad-rate',
  'bad-input',
  'unknown-job',
  'not-in-this-state',
  'not-here',
  'folder-missing',
  'not-a-folder',
  'folder-not-writable',
  'name-taken',
  'unknown-connection',
  'unknown-share',
  'sql-error',
  'cannot-share',
  'port-taken',
  'endless-deliveries',
]);

/** The exit code that a failure of a command or of one download stands for. */
export function exitCodeOf(code: FailureCode): number {
  if (usage.has(code)) return exitCodes.usage;
  if (code === 'store-in-use' || code === 'unreachable') return exitCodes.unreachable;
  return code === 'internal' ? exitCodes.internal : exitCodes.failed;
}

/** One exit code for several results: the lowest that is not 0, so that a mistake is told before a bad network. */
export function worst(codes: readonly number[]): number {
  const bad = codes.filter((code) => code !== exitCodes.ok);
  return bad.length === 0 ? exitCodes.ok : Math.min(...bad);
}
