/** Rows 50-56: redirects and credentials. */
import { afterCut, count, ordinary, PARALLEL, type Exchange, type Fault } from './exchange.ts';

const query = (x: Exchange) => new URL(x.request.target, x.origins.http).searchParams;

/** The same link with another value in its query. */
function linkWith(x: Exchange, name: string, value: string): string {
  const url = new URL(x.request.target, x.origins.http);
  url.searchParams.set(name, value);
  return url.pathname + url.search;
}

export const redirectFaults: readonly Fault[] = [
  {
    number: 50,
    title: 'Five redirects on the way, or a circle of them',
    outcome: 'Range goes along; a circle ends in an error',
    variants: ['chain', 'loop'],
    play: (x) => {
      const hop = Number(query(x).get('hop') ?? 0);
      const isEnd = x.run.variant === 'chain' && hop >= 5;
      if (isEnd) return x.reply(x.plan(), { cut: count(x.run, 'ends') === 1 ? x.run.file.size / 2 : Infinity });
      return x.redirect([301, 302, 303, 307, 308][hop % 5] ?? 302, linkWith(x, 'hop', String(hop + 1)));
    },
  },
  {
    number: 51,
    title: 'A signed target expires half-way and answers 403',
    outcome: 'Resolved again from the link that was given',
    play: (x) => {
      const token = query(x).get('token');
      if (token === null) return x.redirect(302, linkWith(x, 'token', String(count(x.run, 'tokens'))));
      if (Number(token) === 1 && (x.run.counters['cuts'] ?? 0) > 0) return x.text(403, 'This link has expired.');
      return x.reply(x.plan(), { cut: count(x.run, 'cuts') === 1 ? x.run.file.size / 2 : Infinity });
    },
  },
  {
    number: 52,
    title: 'Every other request lands on another node, which has another file',
    outcome: 'Identity is checked on each before it writes',
    variants: ['other', 'same'],
    ...PARALLEL,
    play: async (x) => {
      if (x.turn % 2 === 1 || x.run.variant === 'same') return ordinary(x);
      // The other node's bytes are the file's, shifted: same size, another representation. It knows no preconditions.
      const plan = x.planHeedless({ etag: '"other-node"' });
      await x.head(plan.status, plan.headers);
      return x.content(plan.start + 1, plan.end + 1);
    },
  },
  {
    number: 53,
    title: 'A redirect to another origin',
    outcome: 'Authorization, Cookie and custom secrets stay behind',
    play: (x) => (x.entry.origin === 'http' ? x.redirect(302, x.origins.other + x.request.target) : ordinary(x)),
  },
  {
    number: 54,
    title: 'A redirect from https to http, or to something that is not the web',
    outcome: 'Refused; to http the person may allow it',
    variants: ['http', 'file', 'ftp'],
    scheme: 'https',
    play: (x) => {
      if (x.entry.origin !== 'https') return ordinary(x);
      if (x.run.variant === 'http') return x.redirect(302, x.origins.http + x.request.target);
      return x.redirect(302, x.run.variant === 'file' ? 'file:///etc/passwd' : 'ftp://127.0.0.1/file.bin');
    },
  },
  {
    number: 55,
    title: 'A redirect without Location, or with two',
    outcome: 'An error',
    variants: ['missing', 'twice'],
    play: (x) => {
      const location = [linkWith(x, 'to', 'a'), linkWith(x, 'to', 'b')];
      if (query(x).has('to')) return ordinary(x);
      return x.head(302, { 'content-length': '0', ...(x.run.variant === 'twice' && { location }) });
    },
  },
  {
    number: 56,
    title: '401 or 407 mid-run',
    outcome: 'Attention, credentials; bytes kept',
    variants: ['401', '407'],
    play: afterCut((x) =>
      x.run.variant === '401'
        ? x.text(401, 'Who are you?', { 'www-authenticate': 'Basic realm="files"' })
        : x.text(407, 'Who are you?', { 'proxy-authenticate': 'Basic realm="proxy"' }),
    ),
  },
];
