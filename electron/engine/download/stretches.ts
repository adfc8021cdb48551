/** Stretches of what is here, compared with what the server has: proof where it does not say which version it gives. */
import type { Identity, Ranges } from '../../../shared/job.ts';
import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import { readBytes, type Verdict } from '../remote/index.ts';
import type { Ask } from './opening.ts';
import type { PartFile } from './part-file.ts';
import { OTHER_BYTES, OVERLAP, SHORTER } from './proof.ts';

/** Bytes that are looked through for a stretch that tells one file from another. */
const MOST_LOOKED = 32 * 1024 * 1024;

/** Its bytes are all the same one: images and archives have such holes everywhere, and they prove nothing. */
const isConstant = (bytes: Buffer) => bytes.subarray(1).equals(bytes.subarray(0, -1));

/**
 * The stretch at `at` of a range that is here; where all its bytes are the same one, the nearest in the direction of the
 * range's middle that says more, if there is one.
 */
async function telling(part: PartFile, [low, high]: Ranges[number], at: number): Promise<number> {
  const first = Math.max(low, Math.min(at, high - OVERLAP));
  const step = first < (low + high) / 2 ? OVERLAP : -OVERLAP;
  const last = Math.max(low, high - OVERLAP);
  for (let looked = 0; looked < MOST_LOOKED; looked += OVERLAP) {
    const start = first + (step > 0 ? looked : -looked);
    if (start < low || start > last) break;
    if (!isConstant(await part.read(start, Math.min(high, start + OVERLAP)))) return start;
  }
  return first;
}

/** `count` stretches spread over what is here, from its head to its end; fewer where little is. */
async function spread(part: PartFile, count: number): Promise<Ranges> {
  const chosen: [number, number][] = [];
  for (let i = 0; i < count; i += 1) {
    let offset = Math.floor(((part.written.total - 1) * i) / (count - 1));
    for (const range of part.written.toRanges()) {
      const [low, high] = range;
      if (offset >= high - low) {
        offset -= high - low;
        continue;
      }
      const start = await telling(part, range, low + offset);
      if (chosen.every(([other]) => Math.abs(other - start) >= OVERLAP)) {
        chosen.push([start, Math.min(high, start + OVERLAP)]);
      }
      break;
    }
  }
  return chosen;
}

/**
 * Asks for `count` stretches of what is here and compares them, but for one that begins at `besides`: it is compared
 * elsewhere.
 * @returns `equal`, or `unasked` where the server gives no such parts, or the verdict that ends the run
 */
export async function compareStretches(
  part: PartFile,
  count: number,
  identity: Identity,
  { ask, pool }: { readonly ask: Ask; readonly pool: BufferPool },
  besides: number | null = null,
): Promise<'equal' | 'unasked' | Verdict> {
  const stretches = await spread(part, count);
  for (const [start, end] of stretches) {
    if (start === besides) continue;
    const { exchange, verdict } = await ask({ start, end, identity: { ...identity, etag: null }, condition: 'none' });
    if (verdict.kind !== 'part') {
      exchange.connection.destroy();
      if (verdict.kind === 'nothing-more') return SHORTER;
      return ['whole', 'ask-without', 'broken'].includes(verdict.kind) ? 'unasked' : verdict;
    }
    const bytes = await readBytes(exchange, pool, end - start);
    if (bytes.length === 0) throw new SluiceError('connection-lost', { host: exchange.url.hostname });
    if (!bytes.equals(await part.read(start, start + bytes.length))) return OTHER_BYTES;
  }
  return stretches.length > 0 ? 'equal' : 'unasked';
}
