/**
 * The scheme of a text that is a link of a kind Sluice cannot read, like “ftp” or “magnet”. Null for http and https,
 * for our own “sluice:” around something that is no link, and for what only looks like a scheme: a host with a port
 * (“example.org:8080/file”, “localhost:80”).
 */
export function foreignScheme(text: string): string | null {
  const match = /^([a-z][a-z0-9+-]*):(?!\d{1,5}(?:\/|$))\S/i.exec(text.trim());
  const scheme = match?.[1]?.toLowerCase() ?? null;
  return scheme === null || ['http', 'https', 'sluice'].includes(scheme) ? null : scheme;
}
