/** `sluice connections`, and which connection a command means. */
import type { ConnectionDraft, ConnectionProfile } from '../../shared/database.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { Client } from '../app/index.ts';
import type { Context } from './context.ts';
import { askPassword, readPassword } from './password.ts';
import { withSession } from './session.ts';

export const connectionActions = ['list', 'add', 'test', 'remove'] as const;
export interface ConnectionFlags {
  readonly url?: string;
  readonly passwordStdin?: boolean;
  readonly askPassword?: boolean;
  readonly write?: boolean;
}

export async function connections(
  action: (typeof connectionActions)[number],
  name: string | undefined,
  flags: ConnectionFlags,
  context: Context,
): Promise<number> {
  return withSession(context, async ({ client }) => {
    switch (action) {
      case 'list':
        return list(client, context);
      case 'add':
        return add(client, name, flags, context);
      case 'test':
        return test(client, name, flags, context);
      case 'remove': {
        const profile = find(await client.connections.list(), name ?? '');
        await client.connections.remove({ id: profile.id });
        context.output.event({ event: 'removed', id: profile.id });
        context.output.note(`Removed: ${profile.name}`);
        return 0;
      }
    }
  });
}

async function list(client: Client, { output }: Context): Promise<number> {
  const profiles = await client.connections.list();
  for (const profile of profiles) {
    output.event({ event: 'connection', ...profile });
    output.result(`${profile.name}  ${addressOf(profile)}`);
  }
  if (profiles.length === 0) output.note('There are no connections. Add one: sluice connections add NAME --url URL');
  return 0;
}

async function add(
  client: Client,
  name: string | undefined,
  flags: ConnectionFlags,
  context: Context,
): Promise<number> {
  const draft = await toDraft(client, flags, context);
  if (!draft) return 130;
  const profile = await client.connections.save({
    ...draft,
    name: name ?? draft.name,
    ...(flags.write ? { readOnly: false } : {}),
  });
  context.output.event({ event: 'added', ...profile });
  context.output.note(`Added: ${profile.name} (${addressOf(profile)})`);
  return 0;
}

async function test(
  client: Client,
  name: string | undefined,
  flags: ConnectionFlags,
  context: Context,
): Promise<number> {
  const kept = name === undefined ? null : find(await client.connections.list(), name);
  const draft = kept ? { ...kept } : await toDraft(client, flags, context);
  if (!draft) return 130;
  const report = await client.connections.test(draft);
  const { server, tls, latency, user, database, readOnly } = report;
  context.output.event({ event: 'tested', ...report });
  context.output.result(`${server} answers in ${latency.toFixed(0)} ms`);
  const words = [`${user} in ${database}`, tls ?? 'not encrypted', readOnly ? 'read only' : 'may write'];
  context.output.note(words.join(', '));
  return 0;
}

/** The connection that flags describe; null where the person gave no password. */
async function toDraft(
  client: Client,
  { url, passwordStdin, askPassword: ask }: ConnectionFlags,
  { stdin, stderr }: Context,
): Promise<ConnectionDraft | null> {
  if (url === undefined) throw new SluiceError('bad-input', { detail: 'Say where: --url postgresql://…' });
  const draft = await client.connections.parse({ text: url });
  if (!passwordStdin && !ask) return draft;
  const password = passwordStdin
    ? await readPassword(stdin)
    : await askPassword(`Password of ${draft.user} at ${draft.host}: `, stdin, stderr);
  return password === null ? null : { ...draft, password };
}

/**
 * The connection that `--connection NAME` or `--url URL` means. A URL that is new is kept, so that what is exported
 * over it can go on later.
 * @throws unknown-connection, bad-input
 */
export async function connectionOf(
  client: Client,
  { url, connection }: { readonly url?: string; readonly connection?: string },
): Promise<ConnectionProfile> {
  const profiles = await client.connections.list();
  if (connection !== undefined && url === undefined) return find(profiles, connection);
  if (url === undefined || connection !== undefined) {
    throw new SluiceError('bad-input', { detail: 'Say which database: --connection NAME, or --url postgresql://…' });
  }
  const draft = await client.connections.parse({ text: url });
  // What is kept goes another way to the server, or may do more there: it is left as it is, and this one beside it.
  const placeOf = ({ host, port, database, user, tls, ssh, readOnly }: ConnectionDraft) =>
    JSON.stringify([host, port, database, user, [tls.mode, tls.ca, tls.certificate, tls.key], ssh, readOnly]);
  const same = profiles.find((one) => placeOf(one) === placeOf(draft));
  if (!same) return client.connections.save(draft);
  return draft.password === undefined ? same : client.connections.save({ ...same, password: draft.password });
}

function find(profiles: readonly ConnectionProfile[], name: string): ConnectionProfile {
  const found = profiles.filter((one) => one.id === name || one.name.toLowerCase() === name.toLowerCase());
  const [first] = found;
  if (!first) throw new SluiceError('unknown-connection', { id: name });
  if (found.length > 1)
    throw new SluiceError('bad-input', { detail: `There are ${found.length} connections “${name}”.` });
  return first;
}

function addressOf({ user, host, port, database }: ConnectionProfile): string {
  return `${user}@${host}:${port}/${database}`;
}
