import type { CaptureRequest, FeedKind, WhenFull } from '../../../shared/capture.ts';

export const feedWords: Readonly<Record<FeedKind, { name: string; hint: string }>> = {
  lines: { name: 'Lines over HTTP', hint: 'An answer that does not end: NDJSON, logs.' },
  sse: { name: 'Server-sent events', hint: 'Goes on after the last event when the line breaks.' },
  websocket: { name: 'WebSocket', hint: 'One record a message.' },
  listen: { name: 'PostgreSQL notifications', hint: 'One record a NOTIFY.' },
  poll: { name: 'Asked again and again', hint: 'One record each time the link is asked.' },
};

export const whenFullWords: Readonly<Record<WhenFull, { name: string; sentence: string }>> = {
  block: { name: 'Stop reading', sentence: 'When it is full, the feed waits until the disk has caught up.' },
  'drop-oldest': { name: 'Drop the oldest', sentence: 'When it is full, the oldest records are dropped and counted.' },
  fail: { name: 'Fail', sentence: 'When it is full, the capture stops and says so.' },
};

/** The same policies at the queue's other end. */
export const whenDiskFullWords: Readonly<Record<WhenFull, { name: string; sentence: string }>> = {
  block: {
    name: 'Wait for room',
    sentence: 'When the disk is full, records wait in the queue until there is room.',
  },
  'drop-oldest': {
    name: 'Drop the oldest',
    sentence: 'When the disk is full, the feed is read on: the oldest records in the queue are dropped and counted.',
  },
  fail: { name: 'Ask me', sentence: 'When the disk is full, the capture stops and asks you.' },
};

export const captureCompressionWords: Readonly<Record<CaptureRequest['compression'], string>> = {
  none: 'None',
  gzip: 'gzip (.gz)',
  zstd: 'Zstandard (.zst)',
};
