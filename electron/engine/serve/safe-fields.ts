/** Fields that keep what is served from doing harm in a browser. */

/** With every answer. There are no CORS fields: no other site may read anything. */
export const safeFields: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  // A share's link is its key: it must not travel on.
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Resource-Policy',
  'same-origin',
  'X-Frame-Options',
  'SAMEORIGIN',
];

/**
 * With a page that sends a form to itself. Without a referrer a browser would say `Origin: null` (Fetch, “append a
 * request Origin header”), as pages of other sites do; to its own origin the link may go.
 */
export const formFields: readonly string[] = safeFields.with(safeFields.indexOf('no-referrer'), 'same-origin');

/** Our own pages: nothing but the files beside them, and no inline anything. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "frame-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ACTIVE =
  /^(?:text\/(?:html|xml|xsl|javascript)|image\/svg\+xml|application\/(?:[\w.-]+\+)?xml|application\/xhtml\+xml|multipart\/)/i;

/** What a shared file may do when a browser shows it; null where its type can do nothing. */
export function contentPolicy(mediaType: string): string | null {
  // A page that somebody shares is a text with pictures of its own: no script, no form, no other origin, no cookies.
  return ACTIVE.test(mediaType) ? "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:" : null;
}
