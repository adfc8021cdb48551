/** The capture room: feeds without end become rotating files, through a bounded queue. */
export type {
  CaptureDetail,
  CaptureEvent,
  CaptureJournal,
  Captures,
  CaptureSpec,
  LiveRecord,
} from './types.ts';
