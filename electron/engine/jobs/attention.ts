import type { FailureCode } from '../../../shared/failure.ts';
import type { AttentionChoice } from '../../../shared/job.ts';

const choices: Partial<Record<FailureCode, readonly AttentionChoice[]>> = {
  changed: ['start-over', 'keep'],
  'part-missing': ['start-over', 'retry'],
  'checksum-mismatch': ['start-over', 'keep'],
  'size-mismatch': ['retry', 'start-over', 'keep'],
  'link-expired': ['open-link', 'retry', 'start-over', 'keep'],
  'login-needed': ['open-link', 'retry', 'keep'],
  forbidden: ['open-link', 'retry', 'keep'],
  'disk-full': ['retry', 'change-folder', 'keep'],
  'disk-error': ['retry', 'change-folder', 'keep'],
  'folder-missing': ['retry', 'change-folder', 'keep'],
  'folder-not-writable': ['change-folder', 'retry', 'keep'],
};

/** What a person can do about a failure that stopped a job with its progress kept; the likeliest first. */
export function choicesFor(code: FailureCode): AttentionChoice[] {
  return [...(choices[code] ?? ['retry', 'start-over', 'keep'])];
}
