/** Output whose reader has gone (`| head -1`), or that cannot be written (onto a full disk). */
import { SluiceError } from '../../shared/failure.ts';
import type { Stream } from './output.ts';

export interface OutputLoss {
  /** Why stdout lacks what should be there; null where all is there, or its reader had enough. */
  readonly error: SluiceError | null;
}

/**
 * `end` is called when nothing more reaches stdout. Remarks may get lost. The listeners stay: the error of the last write
 * comes when the command is through.
 */
export function watchForLoss(stdout: Stream, stderr: Stream, end: () => void): OutputLoss {
  const loss: { error: SluiceError | null } = { error: null };
  stderr.on?.('error', () => {});
  stdout.on?.('error', (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
      loss.error ??= new SluiceError('disk-error', { detail: `stdout: ${error.message}` }, { cause: error });
    }
    end();
  });
  return loss;
}
