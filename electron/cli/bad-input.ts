import { SluiceError } from '../../shared/failure.ts';

/** What was typed cannot be done as it stands: one sentence that says what to type instead. */
export function bad(detail: string): never {
  throw new SluiceError('bad-input', { detail });
}
