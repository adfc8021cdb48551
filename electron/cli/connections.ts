/** `sluice connections`, and which connection a command means. */
import type { ConnectionDraft, ConnectionProfile, Relation } from '../../shared/database.ts';
import { SluiceError } from '../../shared/failure.ts';
import { formatBytes } from '../../shared/format.ts';
import type { Client } from '../app/index.ts';
import { type ConnectionFlags, toDraft } from './connection-draft.ts';
import type { Context } from './context.ts';
import { withSession } from './session.ts';

export const connectionActions = ['list', 'add', 'import', 'test', 'tables', 'remove'] as const;

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
      case 'import':
        return takeOver(client, name, context);
      case 'test':
        return test(client, name, flags, context);
      case 'tables':
        return tables(client, name, flags, context);
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
  return keep(client, { ...draft, name: name ?? draft.name }, context);
}

async function keep(client: Client, draft: ConnectionDraft, { output }: Context): Promise<number> {
  const profile = await client.connections.save(draft);
  output.event({ event: 'added', ...profile });
  output.note(`Added: ${profile.name} (${addressOf(profile)})`);
  return 0;
}

/** What this computer knows already: all of it, or the one to keep. */
async function takeOver(client: Client, key: string | undefined, context: Context): Promise<number> {
  const { output } = context;
  const known = await client.connections.importable();
  if (key === undefined) {
    for (const { key, from, draft, hasPassword } of known) {
      output.event({ event: 'importable', key, from, hasPassword, address: addressOf(draft) });
      output.result(`${key}  ${addressOf(draft)}`);
    }
    if (known.length === 0) output.note('No services, no .pgpass and no PG* variables are known here.');
    return 0;
  }
  const found = known.find((one) => one.key === key || one.key === `service:${key}`);
  if (!found) throw new SluiceError('unknown-connection', { id: key });
  return keep(client, found.draft, context);
}

/** What there is to export, by the names that `sluice export --table` takes. */
async function tables(
  client: Client,
  name: string | undefined,
  flags: ConnectionFlags,
  { output }: Context,
): Promise<number> {
  const { id } = await connectionOf(client, { ...flags, ...(name === undefined ? {} : { connection: name }) });
  const { schemas } = await client.connections.catalog({ id });
  for (const { name: schema, relations } of schemas) {
    for (const relation of relations) {
      output.event({ event: 'relation', schema, ...relation });
      output.result(`${[schema, relation.name].map(asTyped).join('.')}  ${wordsOf(relation)}`);
    }
  }
  return 0;
}

/** As it is typed: in quotes where it could be read as something else. */
function asTyped(name: string): string {
  return /^[\w$-]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function wordsOf({ kind, rows, bytes, readable }: Relation): string {
  const size = [
    ...(rows === null ? [] : [`≈ ${Math.round(rows).toLocaleString('en')} rows`]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(readable ? [] : ['may not be read']),
  ];
  return [kind.replaceAll('-', ' '), ...size].join(', ');
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

function addressOf({ user, host, port, database }: ConnectionDraft): string {
  return `${user}@${host}:${port}/${database}`;
}
