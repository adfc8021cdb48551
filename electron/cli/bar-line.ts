/** A job as one line of a terminal. Pure. */

/** Columns that the figures of a download take at most, with the gap before them. */
const figures = 56;
const mostName = 28;
const mostBar = 24;

/**
 * Name, bar and figures in one line of so many columns: where there is little room the bar goes first, then the name
 * is shortened. The widths follow from the terminal only, so that the lines of several jobs stay in step.
 * @param progress 0 to 1; null where the whole is unknown, and there is nothing to draw a share of
 */
export function barLine(name: string, progress: number | null, text: string, columns: number): string {
  const nameWidth = Math.min(mostName, Math.max(12, columns - figures));
  const barWidth = Math.min(mostBar, columns - figures - mostName - 2);
  const parts = [fitted(name, nameWidth)];
  if (progress !== null && barWidth >= 8) {
    const full = Math.round(progress * barWidth);
    parts.push('█'.repeat(full) + '░'.repeat(barWidth - full));
  }
  return [...parts, text].join('  ');
}

/** A name in so many columns, its end kept: that is where the extension is. */
function fitted(name: string, width: number): string {
  if (name.length <= width) return name.padEnd(width);
  const tail = Math.min(10, Math.floor(width / 2));
  return `${name.slice(0, width - tail - 1)}…${name.slice(-tail)}`;
}
