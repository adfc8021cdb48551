/** Where the window was, kept in the home folder, and where it may be now that displays may have gone. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rectangle } from 'electron';
import * as z from 'zod';

/** The window's size until the person changes it, and the least that its layout can use. Device-independent pixels. */
const defaultSize = { width: 1180, height: 760 } as const;
export const leastSize = { width: 860, height: 560 } as const;

const size = z.int().min(1).max(100_000);
const place = z.int().min(-100_000).max(100_000);
const windowStateSchema = z.object({ x: place, y: place, width: size, height: size, maximized: z.boolean() });
export type WindowState = z.infer<typeof windowStateSchema>;

/** The state kept in `file`; null where there is none or it is not one. */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps the state. Synchronous, because the window is closing. */
export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  writeFileSync(part, JSON.stringify(windowStateSchema.parse(state)), { mode: 0o600 });
  renameSync(part, file);
}

/**
 * Bounds that lie wholly on one display: the one that showed most of the window, else the first.
 * @param workAreas of the displays there are now, the primary one first; never empty.
 */
export function fitToDisplays(state: WindowState | null, workAreas: readonly Rectangle[]): Rectangle {
  const [primary] = workAreas;
  if (!primary) throw new Error('There is no display');
  const area = state
    ? workAreas.reduce((best, next) => (shared(next, state) > shared(best, state) ? next : best))
    : primary;
  const width = clamp(state?.width ?? defaultSize.width, leastSize.width, area.width);
  const height = clamp(state?.height ?? defaultSize.height, leastSize.height, area.height);
  const centred = { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2 };
  const wanted = state && shared(area, state) > 0 ? state : centred;
  return {
    x: Math.round(clamp(wanted.x, area.x, area.x + area.width - width)),
    y: Math.round(clamp(wanted.y, area.y, area.y + area.height - height)),
    width,
    height,
  };
}

/** Square pixels that two rectangles share. */
function shared(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** `most` wins where it is below `least`: a small display shows a small window. */
function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(most, Math.min(least, most)));
}
