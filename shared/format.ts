/** Words and figures as a person reads them, the same in the window and on the command line. */

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Index of the unit (powers of 1000, as disks and networks are sold) in which `n` has at most three digits. */
function unitOf(n: number): number {
  let unit = 0;
  let value = n;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit;
}

function digits(n: number, unit: number): string {
  const value = n / 1000 ** unit;
  return unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
}

/** “4.8 GB”: bytes in powers of 1000. */
export function formatBytes(n: number): string {
  const unit = unitOf(n);
  return `${digits(n, unit)} ${units[unit]}`;
}

/** “1.2 of 4.8 GB”, “1.2 MB of 4.8 GB” where the units differ, “1.2 MB” where the whole is unknown. */
export function formatProgress(done: number, size: number | null): string {
  if (size === null) return formatBytes(done);
  if (done >= size) return formatBytes(size);
  const unit = unitOf(size);
  return unitOf(done) === unit || done === 0
    ? `${done === 0 ? '0' : digits(done, unit)} of ${formatBytes(size)}`
    : `${formatBytes(done)} of ${formatBytes(size)}`;
}

/** “12.3 MB/s”. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** “10 MB/s”, “2.5 MB/s”: a speed that was chosen. One that is measured keeps its decimal, so that it does not jump. */
export function formatLimit(bytesPerSecond: number): string {
  return formatRate(bytesPerSecond).replace('.0 ', ' ');
}

/** “45 s”, “3 min 20 s”, “2 h 05 min”, “3 d 4 h”: seconds as a person says them. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** Whole percent, never 100 before the end; null where the whole is unknown. */
export function percent(done: number, size: number | null): number | null {
  if (size === null) return null;
  if (done >= size) return 100;
  return Math.floor((done / size) * 100);
}

/**
 * Reads a speed as a person types it: “500K”, “2 MB/s”, “1.5m”, “80000”. Powers of 1000, bytes per second.
 * Null where it is not a speed above zero.
 */
export function parseRate(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?(?:\/s)?\s*$/i.exec(text);
  if (!match) return null;
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase());
  const rate = Math.round(Number(match[1]) * 1000 ** power);
  return rate >= 1 && Number.isSafeInteger(rate) ? rate : null;
}
