/** What there is around the jobs: this instance, and the folders of its computer. */
import * as z from 'zod';
import { failureSchema } from './job.ts';

export const systemInfoSchema = z.object({
  version: z.string(),
  /** Which face answers: the desktop app, the headless host or a command line. */
  face: z.enum(['desktop', 'host', 'cli']),
  home: z.string(),
  /** What this face can do that others cannot. */
  can: z.object({ chooseFolder: z.boolean(), openFiles: z.boolean(), sleep: z.boolean() }),
  /** Things the person should know since the start, e.g. a store that was set aside. */
  notices: z.array(failureSchema),
});
export type SystemInfo = z.infer<typeof systemInfoSchema>;

export const folderInfoSchema = z.object({
  path: z.string(),
  /** Free bytes for this person on the folder's file system. */
  free: z.int().min(0),
  /** Free bytes less what running jobs have still to write there. */
  available: z.int().min(0),
});
export type FolderInfo = z.infer<typeof folderInfoSchema>;
