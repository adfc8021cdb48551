import { useEffect, useRef } from 'react';
import { formatBytes, percent } from '../../../shared/format.ts';
import type { ConnectionInfo, DownloadJob, JobStateKind, Meter, Ranges } from '../../../shared/job.ts';
import { useScheme } from '../frame/theme.ts';
import { colorOf } from './color-of.ts';
import styles from './Details.module.css';

/** Size of a square and the distance from one to the next, in px. */
const square = 8;
const step = 10;
/** About as many squares as the map has, whatever its width. */
const squares = 248;

/** The file as squares: full where it is here, empty where it is missing, outlined where it is being written. */
export function SegmentMap({
  job,
  meter,
  connections,
}: {
  job: DownloadJob;
  meter: Meter | undefined;
  connections: readonly ConnectionInfo[];
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = job.size ?? 0;
  const ranges = meter?.ranges ?? job.ranges;
  const scheme = useScheme();

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const redraw = () => draw(element, { ranges, size, connections, kind: job.state.kind, scheme });
    redraw();
    const resizing = new ResizeObserver(redraw);
    resizing.observe(element);
    return () => resizing.disconnect();
  }, [ranges, size, connections, job.state.kind, scheme]);

  const pieces = ranges.length === 1 ? 'one piece' : `${ranges.length} pieces`;
  const words = `${percent(meter?.done ?? job.done, size) ?? 0} % of ${formatBytes(size)} is here, in ${pieces}`;
  return <canvas ref={canvas} className={styles.map} role="img" aria-label={words} title={words} />;
}

/** The share of each of `count` equal parts of a file that lies in the ranges, 0 to 1. */
export function coverage(ranges: Ranges, size: number, count: number): number[] {
  const part = size / count;
  const shares = Array.from({ length: count }, () => 0);
  for (const [start, end] of ranges) {
    for (let i = Math.floor(start / part); i < count && i * part < end; i += 1) {
      const inside = Math.min(end, (i + 1) * part) - Math.max(start, i * part);
      shares[i] = Math.min(1, (shares[i] ?? 0) + Math.max(0, inside) / part);
    }
  }
  return shares;
}

interface Drawing {
  ranges: Ranges;
  size: number;
  connections: readonly ConnectionInfo[];
  kind: JobStateKind;
  /** Not asked for by the drawing, which reads the colours: another one means to draw again. */
  scheme: 'light' | 'dark';
}

function draw(canvas: HTMLCanvasElement, { ranges, size, connections, kind }: Drawing): void {
  const context = canvas.getContext('2d');
  const width = canvas.clientWidth;
  if (!context || width === 0 || size <= 0) return;
  const columns = Math.max(1, Math.floor((width + step - square) / step));
  const rows = Math.max(1, Math.round(squares / columns));
  const height = rows * step - (step - square);
  const ratio = window.devicePixelRatio;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);

  const count = columns * rows;
  const writing = new Set(connections.map(({ at }) => Math.min(count - 1, Math.floor((at / size) * count))));
  const track = colorOf(canvas, '--track');
  const full = colorOf(canvas, fillOf[kind] ?? '--accent');
  const mark = colorOf(canvas, '--text');
  coverage(ranges, size, count).forEach((share, i) => {
    const x = (i % columns) * step;
    const y = Math.floor(i / columns) * step;
    context.fillStyle = track;
    fill(context, x, y);
    context.globalAlpha = share === 0 ? 0 : 0.25 + 0.75 * share;
    context.fillStyle = full;
    fill(context, x, y);
    context.globalAlpha = 1;
    if (writing.has(i)) {
      context.strokeStyle = mark;
      context.lineWidth = 1.5;
      context.strokeRect(x + 0.75, y + 0.75, square - 1.5, square - 1.5);
    }
  });
}

const fillOf: Partial<Record<JobStateKind, string>> = {
  paused: '--paused-fill',
  attention: '--failed-fill',
  failed: '--failed-fill',
  queued: '--field-edge',
  waiting: '--field-edge',
  cancelled: '--field-edge',
};

function fill(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.roundRect(x, y, square, square, 2);
  context.fill();
}
