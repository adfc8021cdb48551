/** The serve room: what Sluice itself answers over HTTP. */
export { createSampleRemote, type SampleRemote } from './sample-remote.ts';
export { openShares } from './open-shares.ts';
export type { LiveFile, Shares, ServeWorld } from './types.ts';
