/** `sluice shares`: the links that a running Sluice serves, from a terminal. */
import { formatBytes, formatRate } from '../../shared/format.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { Share, ShareDetail, ShareOptions } from '../../shared/share.ts';
import type { Client } from '../app/index.ts';
import { bad } from './bad-input.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { resolveId, shortId } from './job-ids.ts';
import { readersPassword } from './password.ts';
import { withSession } from './session.ts';
import { parseCount, parseSize, parseSpan } from './size-words.ts';
import { formatWhen } from './time-words.ts';

export const sharesActions = ['list', 'show', 'change', 'revoke'] as const;
export type SharesAction = (typeof sharesActions)[number];

export interface SharesFlags {
  readonly name?: string;
  readonly expires?: string;
  readonly deliveries?: string;
  readonly limit?: string;
  /** False: `--no-password`. */
  readonly password?: boolean;
  readonly passwordStdin?: boolean;
  /** False: `--no-network`. */
  readonly network?: boolean;
}

export async function shares(
  action: SharesAction,
  typed: readonly string[],
  flags: SharesFlags,
  context: Context,
): Promise<number> {
  return withSession(context, async ({ client }) => {
    const all = await client.shares.list();
    const known = all.map((one) => one.id);
    const named = typed
      .map((id) => all[known.indexOf(resolveId(id, known, 'share'))])
      .filter((one) => one !== undefined);
    if (action !== 'list' && named.length === 0) bad('Say which: an id that “sluice shares” shows.');
    switch (action) {
      case 'list':
        list(named.length > 0 ? named : all, known, context);
        return exitCodes.ok;
      case 'show':
        for (const one of named) tell(await detailOf(client, one.id), context);
        return exitCodes.ok;
      case 'change':
        return change(client, named, flags, context);
      case 'revoke':
        await client.shares.revoke({ ids: named.map((one) => one.id) });
        for (const { id, name } of named) {
          context.output.event({ event: 'revoked', id });
          context.output.note(`Revoked: ${name}. Its link is not valid any more.`);
        }
        return exitCodes.ok;
    }
  });
}

function list(shown: readonly Share[], known: readonly string[], { output }: Context): void {
  for (const one of shown) {
    output.event({ event: 'share', ...one });
    const ends = [
      ...(one.state.kind === 'on' ? [] : [one.state.kind === 'expired' ? 'expired' : one.state.message]),
      ...(one.expiresAt === null ? [] : [`until ${formatWhen(one.expiresAt, Date.now())}`]),
      ...(one.deliveries === null
        ? []
        : [`${one.deliveries} ${one.deliveries === 1 ? 'delivery' : 'deliveries'} left`]),
      ...(one.hasPassword ? ['password'] : []),
    ];
    const readers = `${one.readers} reading, ${formatBytes(one.sent)} sent`;
    output.result([shortId(one.id, known), one.target.kind, one.name, readers, ...ends].join('  '));
    for (const link of one.links) output.result(`  ${link}`);
  }
  if (shown.length === 0) output.note('Nothing is shared. Share something: sluice share PATH');
}

/** What the window shows of a share, as of now. */
async function detailOf(client: Client, id: string): Promise<ShareDetail> {
  for await (const detail of await client.shares.detail({ id })) return detail;
  throw new SluiceError('unreachable');
}

function tell(detail: ShareDetail, { output }: Context): void {
  output.event({ event: 'detail', ...detail });
  for (const { address, agent, path, sent, rate } of detail.readers) {
    output.result(`reading  ${address}  ${path || '/'}  ${formatBytes(sent)}  ${formatRate(rate)}  ${agent}`);
  }
  for (const { at, address, method, path, status, sent, times = 1 } of detail.log) {
    const often = times > 1 ? ` × ${times.toLocaleString('en')}` : '';
    output.result(
      `${new Date(at).toISOString()}  ${address}  ${method} ${path || '/'}  ${status}${often}  ${formatBytes(sent)}`,
    );
  }
}

async function change(client: Client, named: readonly Share[], flags: SharesFlags, context: Context): Promise<number> {
  const { output } = context;
  const options = toOptions(flags);
  const isLifted = flags.password === false;
  const given = isLifted ? undefined : await readersPassword(flags, context);
  if (given === null) return exitCodes.interrupted;
  const password = isLifted ? null : given;
  if (Object.keys(options).length === 0 && password === undefined) bad('Say what to change, like --expires 2h.');
  for (const { id } of named) {
    const changed = await client.shares.change({ id, options, ...(password === undefined ? {} : { password }) });
    output.event({ event: 'changed', ...changed });
    output.note(`Changed: ${changed.name}`);
    // Another audience has other addresses.
    if (options.audience !== undefined) for (const link of changed.links) output.result(link);
  }
  return exitCodes.ok;
}

function toOptions({ name, expires, deliveries, limit, network }: SharesFlags): Partial<ShareOptions> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined
      ? {}
      : { expiresAt: expires === 'never' ? null : Date.now() + parseSpan(expires) * 1000 }),
    ...(deliveries === undefined
      ? {}
      : { deliveries: deliveries === 'any' ? null : parseCount(deliveries, '--deliveries') }),
    ...(limit === undefined ? {} : { limit: limit === 'none' ? null : parseSize(limit) }),
    ...(network === undefined ? {} : { audience: network ? 'network' : 'this-computer' }),
  };
}
