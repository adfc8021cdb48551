/** Takes secrets out of text before it is written where others may read it. */

const rules: readonly (readonly [RegExp, string])[] = [
  // Userinfo of a URL: scheme://user:password@host
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>@]+(?::[^\s/?#"'<>]*)?@/gi, '$1…@'],
  // Values of a URL's query (signed links carry their signature there); names stay, they help to understand
  [/([?&][^=&#\s"'<>]+)=[^&#\s"'<>]+/g, '$1=…'],
  // A token in a fragment or in a WebSocket subprotocol
  [/(#token=|sluice\.token\.)[\w-]+/g, '$1…'],
  // The token of a share's link, which is all that one needs to read it
  [/(\/s\/)[\w-]{20,}/g, '$1…'],
  // A secret as a property, as JSON or util.inspect writes it: in any of three quotes, with escapes
  [/\b((?:token|password|secret)["']?\s*:\s*)(["'`])(?:\\.|(?!\2)[^\\])*/gi, '$1$2…'],
  // Header fields that carry credentials, to the end of their line
  [/\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-amz-security-token)(["']?\s*[:=]\s*)[^\r\n]+/gi, '$1$2…'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 …'],
];

/** The text with URL userinfo, URL query values, tokens and credential headers replaced by “…”. */
export function redact(text: string): string {
  return rules.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
