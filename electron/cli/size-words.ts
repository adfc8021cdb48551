/** Sizes and spans as people type them. */
import { SluiceError } from '../../shared/failure.ts';
import { parseRate } from '../../shared/format.ts';

/** “500K”, “2M”, “1.5 GB”: bytes, in powers of 1000. Throws `bad-input`. */
export function parseSize(text: string): number {
  const size = parseRate(text);
  if (size === null) throw new SluiceError('bad-input', { detail: `“${text}” is not a size: write 500K, 2M or 1G.` });
  return size;
}

/** A whole number above zero. Throws `bad-input`. */
export function parseCount(text: string, flag: string): number {
  const n = Number(text);
  if (/^\d{1,15}$/.test(text) && n > 0) return n;
  throw new SluiceError('bad-input', { detail: `${flag} needs a whole number above 0, not “${text}”.` });
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** “30s”, “15m”, “2h”, “7d”: seconds. Throws `bad-input`. */
export function parseSpan(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.trim().toLowerCase()) ?? [];
  const seconds = Number(number) * (units[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new SluiceError('bad-input', { detail: `“${text}” is not a time: write 30s, 15m, 2h or 7d.` });
}
