import type { ExportResumability } from './export.ts';

/** Whether, and why, an export can go on where it stopped. */
export const exportResumabilityWords: Readonly<Record<ExportResumability, { yes: boolean | null; because: string }>> = {
  key: { yes: true, because: 'its rows have a unique order' },
  'no-key': { yes: false, because: 'nothing unique tells where it stopped' },
  format: { yes: false, because: 'a file like this is only whole at its end' },
  parallel: { yes: false, because: 'several sessions read it at once' },
  unknown: { yes: null, because: 'it has not begun yet' },
};
