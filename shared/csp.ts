/**
 * The window's Content Security Policy: one text for the `app://` protocol and the headless host.
 * `connect-src 'self'` covers the host's WebSocket too (CSP 3 §6.7.2.8).
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
