/**
 * Every way in which Sluice can fail that a person may meet: a stable code, and for each code one sentence that says
 * what is wrong and one that says what to do. The engine throws codes; faces (window, command line) show sentences.
 */

/** Values that a sentence may name. Never secrets. */
export type FailureParams = Readonly<Record<string, string | number>>;

/** What a person reads: what is wrong, and the next step. */
export interface Sentence {
  readonly what: string;
  readonly next: string;
}

type Say = (p: FailureParams) => Sentence;
const say =
  (what: string, next: string): Say =>
  (p) => ({ what: fill(what, p), next: fill(next, p) });

/** Puts `{name}` parameters into a sentence; a parameter that is not there reads as an empty word. */
function fill(template: string, params: FailureParams): string {
  return template
    .replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''))
    .replace(/ {2,}/g, ' ')
    .trim();
}

const sentences = {
  // What was typed
  'not-a-url': say('“{text}” is not a link.', 'Paste a whole link that begins with https:// or http://.'),
  'unsupported-scheme': say('Sluice cannot read {scheme} links.', 'Use an http:// or https:// link.'),
  'bad-checksum': say(
    '“{text}” is not a checksum Sluice knows.',
    'Write it as sha-256: followed by 64 hexadecimal digits (sha-512, sha-1 and md5 work too).',
  ),
  'bad-rate': say('“{text}” is not a speed.', 'Write a number with a unit, like 500K or 2M, in bytes per second.'),
  'bad-input': say('{detail}', 'Correct it and try again.'),
  'unknown-job': say('There is no job “{id}”.', 'See the list for the jobs there are.'),
  'not-in-this-state': say('{name} cannot do this while it is {state}.', 'Choose something that it offers now.'),

  // The way to the remote
  'host-not-found': say('The name {host} could not be found.', 'Check its spelling and the network, then retry.'),
  'connection-refused': say('{host} refused the connection.', 'Check the address, or retry when the server is up.'),
  'connection-timed-out': say('{host} did not answer in time.', 'Check the network, then retry.'),
  'connection-lost': say('{host} closed the connection early.', 'Retry: what has arrived is kept.'),
  'cannot-resume': say(
    '{host} broke off again, and can only send the file from its beginning.',
    'Retry on a steadier network, or find the file on another server.',
  ),
  offline: say('This computer is offline.', 'Sluice goes on when the network is back.'),
  'tls-failed': say(
    'No safe connection to {host}: {detail}.',
    'Check the address, the clock and the network, then retry.',
  ),
  'certificate-untrusted': say(
    '{host} shows a certificate that is not trusted here: {reason}.',
    'Look at it ({subject}, by {issuer}, SHA-256 {fingerprint}) and allow it for this host only if you know it.',
  ),
  'captive-page': say(
    'This network wants you to sign in: {host} answered instead.',
    'Open the link in a browser, sign in, then retry.',
  ),
  'other-file': say('The new link leads to another file ({detail}).', 'Check the link, or start over with it.'),
  'too-many-redirects': say('{host} redirects in circles.', 'Open the link in a browser and copy the final one.'),
  'bad-redirect': say('{host} redirects to nowhere usable.', 'Open the link in a browser and copy the final one.'),
  'insecure-redirect': say(
    '{host} redirects from https to plain http.',
    'Use a link that stays on https: over plain http anyone in between can read and change the file.',
  ),

  // What the remote said
  'http-status': say('{host} answered {status} {reason}.', 'Check the link in a browser, then retry.'),
  'not-found': say('{host} has no such file ({status}).', 'Check the link: the file may have moved.'),
  'login-needed': say('{host} wants a login ({status}).', 'Open the link in a browser, or add credentials.'),
  'credentials-missing': say(
    'The credentials for {host} were not kept since the last start.',
    'Add the link again with them.',
  ),
  forbidden: say('{host} does not allow this ({status}).', 'The link may have expired: get a new one and retry.'),
  'too-busy': say('{host} is too busy ({status}).', 'Retry later.'),
  'empty-answer': say('{host} answered without a file ({status}).', 'Check the link in a browser, then retry.'),
  'bad-response': say('{host} sent an answer that is not valid HTTP: {detail}.', 'Retry, or report it to the server.'),

  // The same file?
  changed: say('The server changed this file ({detail}).', 'Start over to get the new one.'),
  'link-expired': say('The link leads to a web page now, not to the file.', 'Get a fresh link and retry.'),
  'checksum-mismatch': say(
    'The file is complete but its {algorithm} does not match.',
    'Check the checksum, or start over: the file is kept beside its name as {part}.',
  ),
  'pieces-mismatch': say('{count} pieces of the file arrived damaged.', 'Retry to fetch just those again.'),
  'size-mismatch': ({ expected = 0, actual = 0 }) => ({
    what: `${expected.toLocaleString('en')} bytes were promised and ${actual.toLocaleString('en')} are there.`,
    next: 'Retry to fetch what is missing.',
  }),

  // PostgreSQL
  'unknown-connection': say('There is no connection “{id}”.', 'See the list for the connections there are.'),
  'login-refused': say('{host} refused the login of {user}: {detail}.', 'Check the user name and the password.'),
  'no-such-database': say('{host} has no database {database}.', 'Check its name, or choose another.'),
  'no-permission': say('{user} may not read this: {detail}.', 'Ask its owner for the right to read it.'),
  'database-busy': say('{host} takes no more connections: {detail}.', 'Close others, or retry later.'),
  'database-full': say('The disk of {host} is full: {detail}.', 'Free space on the server, or sort less, then retry.'),
  'database-lost': say('The connection to {host} was lost: {detail}.', 'Retry: what has arrived is kept.'),
  'database-untrusted': say(
    '{host} shows a certificate that is not trusted here: {reason}.',
    'Choose the file of its authority in the connection ({subject}, by {issuer}, SHA-256 {fingerprint}).',
  ),
  'ssh-failed': say('No SSH tunnel through {host}: {detail}.', 'Check the SSH settings of the connection.'),
  'ssh-host-unknown': say(
    'The SSH server {host} is not known yet.',
    'Allow its key ({fingerprint}) only if you know it.',
  ),
  'sql-error': say('PostgreSQL: {detail}.', 'Correct the query and try again. {hint}'),
  'query-failed': ({ rows = 0, kept = 'The unfinished file is kept.', ...rest }) =>
    say(
      'The query failed after {rows}: {detail}.',
      '{kept} {hint}',
    )({
      ...rest,
      kept,
      rows: rows === 1 ? '1 row' : `${rows.toLocaleString('en')} rows`,
    }),
  'query-timed-out': say('The server ended the query: {detail}.', 'Raise the timeout of the connection, then retry.'),
  'query-cancelled': say('The query was cancelled on the server.', 'Retry if that was not you.'),
  'columns-changed': say('The query gives other columns now ({detail}).', 'Start over to get the new ones.'),
  'cannot-encode': ({ row = 0, ...rest }) =>
    say(
      'Row {row}, column {column}: {detail}.',
      'Choose another format or encoding, or leave the column out.',
    )({
      ...rest,
      row: row.toLocaleString('en'),
    }),
  'too-large-for-format': say('{format} cannot hold this: {detail}.', 'Choose another format, or fewer rows.'),
  'no-sample': say('The sample database is not on this computer: {detail}.', 'Add a connection of your own.'),

  // Shares and captures
  'unknown-share': say('There is no share “{id}”.', 'See the list for the shares there are.'),
  'cannot-share': say('{path} cannot be shared: {detail}.', 'Choose a file or a folder.'),
  'moved-inside': say(
    '{host} leads into a private network now, and did not before.',
    'If that is right, share it anew.',
  ),
  'endless-deliveries': say('A feed has no end, so its deliveries cannot be counted.', 'Say until when instead.'),
  'port-taken': say('The port {port} is in use by another program.', 'Choose another port.'),
  'feed-ended': say('The feed of {host} ended: {detail}.', 'Sluice asks for it again by itself.'),
  'not-a-feed': say('{host} sends no {wanted} here, but {got}.', 'Check the link, or choose another kind of feed.'),
  'queue-full': say('The disk could not keep up and the queue was full.', 'Retry, or let it drop the oldest instead.'),

  // This computer
  'folder-not-writable': say('Sluice may not write in {folder}.', 'Choose another folder, or change its permissions.'),
  'folder-missing': say('The folder {folder} is not there.', 'Choose another folder, or connect the drive.'),
  'not-a-folder': say('{folder} cannot be a folder: a file is in the way.', 'Choose another folder.'),
  'disk-full': say('{folder} has {free} free and {needed} are needed.', 'Free some space or choose another folder.'),
  'disk-error': say('The disk refused: {detail}.', 'Check the drive, then retry: what has arrived is kept.'),
  'name-taken': say('There is already a file {name}.', 'Choose another name.'),
  'part-missing': say('The unfinished file {part} is gone, or is not as it was left.', 'Start over.'),
  'store-in-use': say('Another Sluice ({pid}) is using {home}.', 'Use that one, close it, or choose another --home.'),
  'store-corrupt': say(
    'The list of jobs could not be read and was set aside as {file}.',
    'A new one was made. Files on disk were not touched.',
  ),
  'store-newer': say(
    'The list of jobs in {home} was made by a newer Sluice.',
    'Start that one, or choose another --home.',
  ),
  unreachable: say('Sluice stopped answering.', 'Start it again: everything so far is kept.'),
  'not-here': say('{what} cannot be done here.', '{next}'),
  internal: say('Something in Sluice broke: {detail}.', 'Retry. If it happens again, report it with the log.'),
} as const satisfies Record<string, Say>;

/** A stable name for a failure: never reused for another meaning. */
export type FailureCode = keyof typeof sentences;

/** All codes, for tests and documents. */
export const failureCodes = Object.keys(sentences) as readonly FailureCode[];

/** An expected failure as it crosses from the engine to a face. */
export interface Failure {
  readonly code: FailureCode;
  /** Both sentences, ready to show where there is no room for layout. */
  readonly message: string;
  readonly params: FailureParams;
  /** True where the same request may succeed later with nothing changed by the person. */
  readonly retryable: boolean;
}

const retryable: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'host-not-found',
  'connection-refused',
  'connection-timed-out',
  'connection-lost',
  'cannot-resume',
  'offline',
  'too-busy',
  'database-busy',
  'database-lost',
  'feed-ended',
  'unreachable',
]);

/** What to show for a code. */
export function sentence(code: FailureCode, params: FailureParams = {}): Sentence {
  return sentences[code](params);
}

/** Makes the failure that a code and its parameters stand for. */
export function failure(code: FailureCode, params: FailureParams = {}): Failure {
  const { what, next } = sentence(code, params);
  return { code, message: `${what} ${next}`.trim(), params, retryable: retryable.has(code) };
}

/** An expected failure as it is thrown inside the main process. `failure` is what faces get; `cause` stays in the log. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly failure: Failure;

  constructor(code: FailureCode, params: FailureParams = {}, options?: ErrorOptions) {
    const f = failure(code, params);
    super(f.message, options);
    this.failure = f;
  }

  get code(): FailureCode {
    return this.failure.code;
  }
}

/** The failure that an unknown thrown value stands for: its own, or `internal`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof SluiceError) return error.failure;
  return failure('internal', { detail: error instanceof Error ? error.message : String(error) });
}
