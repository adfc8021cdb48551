/** The serve room: what Sluice itself answers over HTTP. */
export { createSampleRemote, type SampleRemote } from './sample-remote.ts';
