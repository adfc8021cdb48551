/** The request target (RFC 9112 §3.2): which share, and which path inside it. Pure, and strict: one spelling per file. */

export interface Target {
  readonly token: string;
  /** Names under the share's link, decoded once; the last is empty where the path ends in a slash. */
  readonly segments: readonly string[];
  /** False for “/s/TOKEN” without its slash. */
  readonly slash: boolean;
  /** Without its question mark. */
  readonly query: string;
  /** Authority of an absolute-form target, in lower case; null for the origin form. */
  readonly authority: string | null;
}

/** Longest target that is read, in characters; longer ones get 414. */
export const MOST_TARGET = 8192;

const ABSOLUTE = /^https?:\/\/([^/?#]*)(\/[^#]*|\?[^#]*)?$/i;
const SHARE = /^\/s\/([A-Za-z0-9_-]{20,64})(\/[^?#]*)?(?:\?([^#]*))?$/;

/** Reads a target; null for whatever is not exactly the form that we give out, which is then not found. */
export function parseTarget(text: string): Target | null {
  let path = text;
  let authority: string | null = null;
  const absolute = ABSOLUTE.exec(text);
  if (absolute) {
    authority = absolute[1]!.toLowerCase();
    path = absolute[2] ?? '/';
  }
  const match = SHARE.exec(path);
  if (!match) return null;
  const [, token = '', rest, query = ''] = match;
  const segments = rest === undefined ? [] : rest.slice(1).split('/').map(decodeSegment);
  // Only the last may be empty: it stands for the folder.
  if (segments.some((segment, index) => segment === null || (segment === '' && index < segments.length - 1))) {
    return null;
  }
  return {
    token,
    segments: segments as string[],
    slash: rest !== undefined,
    query,
    authority,
  };
}

/** The authority that an absolute-form target names, whatever its path is; null where it is in another form. */
export function authorityOf(text: string): string | null {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** One name, percent-decoded once as UTF-8; null for what no file of a share is called by. */
function decodeSegment(raw: string): string | null {
  let name: string;
  try {
    name = decodeURIComponent(raw);
  } catch {
    return null;
  }
  return isServableName(name) || name === '' ? name : null;
}

/** Windows devices, which exist in every folder and with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)[ .]*(?:\.|$)/i;

/**
 * Names that may stand in a link: on every system just one file, and nothing that a log, a header or a person could
 * take for something else. Files with other names are not listed.
 */
export function isServableName(name: string, platform: NodeJS.Platform = process.platform): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\\')) return false;
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/u.test(name) || !name.isWellFormed()) return false;
  // Alternate data streams, short names, and what Windows drops at the end of a name: second names of one file.
  return platform !== 'win32' || !(/[:*?"<>|]|[. ]$|~\d/.test(name) || DEVICE.test(name));
}

/** The names of a path as they stand in a link. */
export function encodePath(segments: readonly string[]): string {
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}
