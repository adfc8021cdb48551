import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fitToDisplays, readWindowState, writeWindowState } from '../../electron/shell/window-state.ts';

const home = mkdtempSync(join(tmpdir(), 'sluice-window-state-'));
const file = join(home, 'window.json');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const state = { x: 100, y: 50, width: 1000, height: 700, maximized: true };

describe('the file', () => {
  test('keeps what was written, and leaves nothing beside it', () => {
    writeWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
    expect(readdirSync(home)).toEqual(['window.json']);
  });
  test.each([
    ['not JSON', '{'],
    ['another thing', '[]'],
    ['a part of it', '{"x":1}'],
    ['no numbers', JSON.stringify({ ...state, width: '1000' })],
    ['no whole numbers', JSON.stringify({ ...state, x: 1.5 })],
    ['nothing that is a size', JSON.stringify({ ...state, height: 0 })],
    ['far too much', JSON.stringify({ ...state, width: 1e9 })],
  ])('that holds %s counts as none', (_what, text) => {
    writeFileSync(file, text);
    expect(readWindowState(file)).toBeNull();
  });
  test('that is not there counts as none', () => {
    expect(readWindowState(join(home, 'none.json'))).toBeNull();
  });
});

describe('the bounds', () => {
  const primary = { x: 0, y: 25, width: 1920, height: 1055 };
  const right = { x: 1920, y: 0, width: 2560, height: 1440 };

  test('at the first start are 1180 × 760 in the middle', () => {
    expect(fitToDisplays(null, [primary])).toEqual({ x: 370, y: 173, width: 1180, height: 760 });
  });
  test('stay where they fit', () => {
    expect(fitToDisplays({ ...state, x: 2000 }, [primary, right])).toEqual({
      x: 2000,
      y: 50,
      width: 1000,
      height: 700,
    });
  });
  test('come back whole from the edge of the display that shows most of them', () => {
    expect(fitToDisplays({ ...state, x: 4000, y: -300 }, [primary, right])).toEqual({
      x: 3480,
      y: 0,
      width: 1000,
      height: 700,
    });
  });
  test('come to the middle of the first display when theirs is gone', () => {
    expect(fitToDisplays({ ...state, x: 3000 }, [primary])).toEqual({ x: 460, y: 203, width: 1000, height: 700 });
  });
  test('are never smaller than the layout, nor larger than the display', () => {
    expect(fitToDisplays({ ...state, width: 10, height: 10 }, [primary])).toMatchObject({ width: 860, height: 560 });
    expect(fitToDisplays({ ...state, width: 9000, height: 9000 }, [primary])).toEqual(primary);
  });
  test('fill a display that is smaller than the layout', () => {
    expect(fitToDisplays(state, [{ x: 0, y: 0, width: 800, height: 480 }])).toEqual({
      x: 0,
      y: 0,
      width: 800,
      height: 480,
    });
  });
});
