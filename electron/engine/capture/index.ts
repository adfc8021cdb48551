/** The capture room: feeds without end become rotating files, through a bounded queue. */
export { createCaptures } from './captures.ts';
export type {
  CaptureDetail,
  CaptureEvent,
  CaptureJournal,
  Captures,
  CaptureSpec,
  LiveReader,
  LiveRecord,
  LiveStart,
} from './types.ts';
