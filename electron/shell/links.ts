/**
 * Links that come from outside: as arguments (`sluice https://…`), from the browser (`sluice:https://…`) or from a
 * second start. They fill the add dialog; nothing is fetched before the person agrees.
 */
import { unwrapSluiceLink } from '../app/index.ts';

/** As many as one call may bring, and as long as one may be: what the contract takes, and no more. */
const maxLinks = 100;
const maxLength = 16_384;

/** The http or https link that a text stands for, `sluice:` unwrapped and the rest normalised; null for all else. */
export function parseLink(text: string): string | null {
  if (text.length > maxLength) return null;
  return webLink(unwrapSluiceLink(text));
}

/** The links among arguments, each once; switches, file names and anything else are left out. */
export function parseLinks(args: readonly string[]): string[] {
  const links = args.map(parseLink).filter((link) => link !== null);
  return [...new Set(links)].slice(0, maxLinks);
}

/** A link that a browser may be handed, normalised; null for everything that is not http or https. */
export function webLink(text: string): string | null {
  const url = URL.parse(text);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
}
