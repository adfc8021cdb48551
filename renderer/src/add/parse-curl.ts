import type { DownloadRequest } from '../../../shared/download.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';

export type CurlResult = { readonly request: DownloadRequest } | { readonly failure: Failure };

/** True where a line is a `curl` command, perhaps copied with its prompt. */
export function isCurl(line: string): boolean {
  return /^(?:\$\s+)?curl(?:\.exe)?\s/.test(line);
}

/** Options whose value is the next word (curl manual); all others stand alone. */
const withValue = new Set(
  (
    '-H --header -A --user-agent -e --referer -b --cookie -u --user -o --output --limit-rate -X --request --url ' +
    '-d --data --data-raw --data-binary --data-urlencode --json -F --form -T --upload-file -C --continue-at ' +
    '-m --max-time --connect-timeout --retry --retry-delay --retry-max-time -x --proxy -c --cookie-jar --cacert -E ' +
    '--cert --key --resolve -r --range -w --write-out -y --speed-time -Y --speed-limit --max-redirs --output-dir -K ' +
    '--config -D --dump-header -z --time-cond --ciphers --interface --max-filesize --parallel-max'
  ).split(' '),
);

const sendsData = new Set(
  '-d --data --data-raw --data-binary --data-urlencode --json -F --form -T --upload-file'.split(' '),
);

/** What Sluice decides itself on each request: a copied value would spoil resuming. */
const ours = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'te',
]);

/** Reads a `curl` command as browsers copy it: its link, its headers, and what else a download can use. */
export function parseCurl(line: string): CurlResult {
  const words = splitWords(line.replace(/^\$\s+/, '')).slice(1);
  const headers: Record<string, string> = {};
  const request: { url?: string; name?: string; limit?: number } = {};
  const setHeader = (name: string, value: string) => {
    if (name && value && !ours.has(name.toLowerCase())) headers[name] = value;
  };

  for (let i = 0; i < words.length; i += 1) {
    const [option, value] = optionAt(words, i);
    if (option === null) {
      request.url ??= words[i] ?? '';
      continue;
    }
    if (withValue.has(option) && value === words[i + 1]) i += 1;
    if (sendsData.has(option)) return cannot('This command sends data: Sluice only fetches files.');
    switch (option) {
      case '-H':
      case '--header': {
        const colon = value.indexOf(':');
        if (colon > 0) setHeader(value.slice(0, colon).trim(), value.slice(colon + 1).trim());
        break;
      }
      case '-A':
      case '--user-agent':
        setHeader('User-Agent', value);
        break;
      case '-e':
      case '--referer':
        setHeader('Referer', value);
        break;
      case '-b':
      case '--cookie':
        if (value.includes('=')) setHeader('Cookie', value);
        break;
      case '-u':
      case '--user':
        setHeader('Authorization', `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`);
        break;
      case '-o':
      case '--output':
        request.name = value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1);
        break;
      case '--limit-rate':
        request.limit = parseRate(value) ?? 0;
        break;
      case '-X':
      case '--request':
        if (value.toUpperCase() !== 'GET') return cannot(`This command asks with ${value}: Sluice only fetches files.`);
        break;
      case '--url':
        request.url = value;
        break;
      default:
    }
  }
  if (!request.url) return cannot('There is no link in this command.');
  return {
    request: {
      url: request.url,
      ...(request.name && request.name !== '-' && { name: request.name }),
      ...(request.limit && { limit: request.limit }),
      ...(Object.keys(headers).length > 0 && { headers }),
    },
  };
}

function cannot(detail: string): CurlResult {
  return { failure: failure('bad-input', { detail }) };
}

/** The option at a word and its value: `-H v`, `-Hv`, `--header v` or `--header=v`; null for a word that is none. */
function optionAt(words: readonly string[], i: number): readonly [option: string | null, value: string] {
  const word = words[i] ?? '';
  const next = words[i + 1] ?? '';
  if (word === '-' || !word.startsWith('-')) return [null, ''];
  const equals = word.indexOf('=');
  if (word.startsWith('--')) return equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word, next];
  const short = word.slice(0, 2);
  return word.length > 2 && withValue.has(short) ? [short, word.slice(2)] : [word, next];
}

/** Splits a command into words as a POSIX shell does: quotes, backslashes, and the $'…' of bash. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const token = /\s*((?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+)/gsy;
  for (let match = token.exec(line); match; match = token.exec(line)) {
    words.push((match[1] ?? '').replace(/\$'((?:[^'\\]|\\.)*)'|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, unquote));
  }
  return words;
}

function unquote(_: string, ansi?: string, single?: string, double?: string, escaped?: string): string {
  if (ansi !== undefined) {
    const named: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
    return ansi.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, u?: string, x?: string, c?: string) =>
      u || x ? String.fromCharCode(Number.parseInt(u ?? x ?? '', 16)) : (named[c ?? ''] ?? c ?? ''),
    );
  }
  if (single !== undefined) return single;
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1');
  return escaped ?? '';
}
