/**
 * `sluice:` links, by which a web page or a script hands a download to Sluice: `sluice:` (or `sluice://`) followed by
 * an http or https link, as it is or percent-encoded. Nothing else can be asked for by a link.
 */

/** The link that a `sluice:` link carries; a text that is no `sluice:` link comes back as it is. */
export function unwrapSluiceLink(text: string): string {
  const match = /^sluice:(?:\/\/)?(.*)$/is.exec(text.trim());
  if (!match) return text;
  const inner = match[1] ?? '';
  // Browsers drop the colon when they normalise sluice://https://…
  const direct = inner.replace(/^(https?):?\/\//i, '$1://');
  if (/^https?:\/\//i.test(direct)) return direct;
  try {
    const decoded = decodeURIComponent(inner);
    return /^https?:\/\//i.test(decoded) ? decoded : text;
  } catch {
    return text;
  }
}
