/** Ids as people type them: any beginning that only one job has. */
import { SluiceError } from '../../shared/failure.ts';

const least = 4;

/** The shortest beginning, of at least four characters, by which this id is known among all. */
export function shortId(id: string, all: readonly string[]): string {
  for (let length = least; length < id.length; length += 1) {
    const prefix = id.slice(0, length);
    if (all.every((other) => other === id || !other.startsWith(prefix))) return prefix;
  }
  return id;
}

/** The whole id for a typed one. Throws `unknown-job` (`unknown-share`), or `bad-input` where several begin so. */
export function resolveId(typed: string, all: readonly string[], what: 'job' | 'share' = 'job'): string {
  if (all.includes(typed)) return typed;
  const matches = all.filter((id) => typed !== '' && id.startsWith(typed));
  if (matches.length > 1) {
    throw new SluiceError('bad-input', {
      detail: `${matches.length} ${what}s begin with “${typed}”: type more of the id.`,
    });
  }
  const [match] = matches;
  if (match === undefined) throw new SluiceError(`unknown-${what}`, { id: typed });
  return match;
}
