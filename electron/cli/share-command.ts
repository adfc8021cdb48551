/** `sluice share`: serves one thing until Ctrl-C, and prints its link. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderUnicodeCompact } from 'uqr';
import { formatBytes } from '../../shared/format.ts';
import type { Share, ShareRequest, ShareTarget } from '../../shared/share.ts';
import { failureOf, type Client } from '../app/index.ts';
import { bad } from './bad-input.ts';
import { connectionOf } from './connections.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { toHeaders } from './get-request.ts';
import { resolveId } from './job-ids.ts';
import { readersPassword } from './password.ts';
import { release } from './run-jobs.ts';
import { openSession } from './session.ts';
import { parseCount, parseSize, parseSpan } from './size-words.ts';

export interface ShareFlags {
  readonly query?: string;
  readonly param?: readonly string[];
  readonly url?: string;
  readonly connection?: string;
  readonly name?: string;
  readonly port?: string;
  readonly expires?: string;
  readonly deliveries?: string;
  readonly limit?: string;
  readonly password?: boolean;
  readonly passwordStdin?: boolean;
  readonly network?: boolean;
  readonly header?: readonly string[];
  readonly cache?: string;
  readonly upload?: boolean;
  readonly uploadQuota?: string;
  readonly hidden?: boolean;
  readonly attachment?: boolean;
}

/** Ends with Ctrl-C, or when the share does; either way the link is not valid any more. */
export async function share(what: string | undefined, flags: ShareFlags, context: Context): Promise<number> {
  const { home, serve, interrupts, output } = context;
  const options = toOptions(flags);
  const port = flags.port === undefined ? undefined : parseCount(flags.port, '--port');
  let session = await openSession(home, serve, () => interrupts.trigger(), port);
  try {
    const target = await toTarget(session.client, what, flags, context);
    const password = await readersPassword(flags, context);
    if (password === null) return exitCodes.interrupted;
    const request: ShareRequest = { target, options, ...(password === undefined ? {} : { password }) };
    for (;;) {
      const { client, own } = session;
      // An engine opened by a command holds the jobs of earlier sessions; whoever reads this one wants it to go on.
      if (own && (target.kind === 'job' || target.kind === 'feed')) await release(client, [target.job]);
      const made = await client.shares.add(request);
      tell(made, context);
      try {
        return await watch(client, made.id, context);
      } catch (error) {
        if (own || failureOf(error).code !== 'unreachable') throw error;
      } finally {
        await client.shares.revoke({ ids: [made.id] }).catch(() => {});
        output.note('The link is not valid any more.');
      }
      await session.close();
      session = await openSession(home, serve, () => interrupts.trigger());
      output.note('The Sluice that served it has ended. Going on here, under another link.');
    }
  } finally {
    await session.close();
  }
}

function toOptions(flags: ShareFlags): ShareRequest['options'] {
  return {
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.expires === undefined ? {} : { expiresAt: Date.now() + parseSpan(flags.expires) * 1000 }),
    ...(flags.deliveries === undefined ? {} : { deliveries: parseCount(flags.deliveries, '--deliveries') }),
    ...(flags.limit === undefined ? {} : { limit: parseSize(flags.limit) }),
    ...(flags.network ? { audience: 'network' as const } : {}),
    ...(flags.attachment ? { disposition: 'attachment' as const } : {}),
  };
}

/** A query, a link, a path, or the id of a download or a capture: whatever it can be, in this order. */
async function toTarget(
  client: Client,
  what: string | undefined,
  flags: ShareFlags,
  { cwd }: Context,
): Promise<ShareTarget> {
  if (flags.query !== undefined) {
    if (what !== undefined) bad('--query is shared by itself: leave the path out.');
    const { id: connection } = await connectionOf(client, flags);
    const parameters = (flags.param ?? []).map((text) => {
      const [, name = text, value = null] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      return { name, value };
    });
    return { kind: 'query', connection, sql: flags.query, parameters };
  }
  // An empty one is a variable of a script that was not set: as a path it would be the whole folder that one is in.
  if (what === undefined || what === '') bad('Say what to share: a file, a folder, a link, a job, or --query SQL.');
  if (/^https?:\/\//i.test(what)) {
    return {
      kind: 'remote',
      url: what,
      ...(flags.header === undefined ? {} : { headers: toHeaders(flags.header) }),
      cache: flags.cache === undefined ? 0 : parseSize(flags.cache),
    };
  }
  if (flags.header !== undefined || flags.cache !== undefined) bad('--header and --cache go with a link.');
  const path = resolve(cwd, what);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    const uploads = flags.upload ?? flags.uploadQuota !== undefined;
    const uploadQuota = flags.uploadQuota === undefined ? null : parseSize(flags.uploadQuota);
    return { kind: 'folder', path, hidden: flags.hidden ?? false, uploads, uploadQuota };
  }
  if (flags.upload || flags.uploadQuota !== undefined || flags.hidden) {
    bad('--upload, --upload-quota and --hidden go with a folder.');
  }
  if (found) return { kind: 'file', path };
  const jobs = await client.jobs.list();
  const ids = jobs.map((job) => job.id);
  if (!ids.some((id) => id.startsWith(what))) bad(`There is no file, folder or job “${what}”.`);
  const id = resolveId(what, ids);
  return { kind: jobs.find((job) => job.id === id)?.kind === 'capture' ? 'feed' : 'job', job: id };
}

function tell(made: Share, { output, stderr }: Context): void {
  const { id, target, name, links, size, expiresAt } = made;
  output.event({ event: 'shared', id, kind: target.kind, name, links, size, expiresAt });
  const [link = '', ...others] = links;
  output.result(link);
  for (const other of others) output.note(`also: ${other}`);
  const isForPhones = made.audience === 'network' && stderr.isTTY === true && !output.json;
  if (isForPhones) stderr.write(`${renderUnicodeCompact(link)}\n`);
  const until = expiresAt === null ? 'until Ctrl-C' : `until ${new Date(expiresAt).toLocaleString()} or Ctrl-C`;
  output.note(`${name}${size === null ? '' : `, ${formatBytes(size)}`}: served ${until}.`);
}

/** Tells who reads; returns when the share has ended or the person ends it. */
async function watch(client: Client, id: string, { interrupts, output }: Context): Promise<number> {
  let readers = 0;
  let trouble: string | null = null;
  try {
    for await (const shares of await client.shares.watch(undefined, { signal: interrupts.signal })) {
      const now = shares.find((one) => one.id === id);
      if (!now) return exitCodes.ok;
      if (now.readers !== readers) {
        readers = now.readers;
        output.event({ event: 'readers', id, readers, sent: now.sent });
        output.note(`${readers} reading, ${formatBytes(now.sent)} sent.`);
      }
      if (now.state.kind === 'expired') return exitCodes.ok;
      // What it serves may be back in a moment, as a server after a restart: the link stays.
      const why = now.state.kind === 'broken' ? now.state.message : null;
      if (why === trouble) continue;
      trouble = why;
      output.event({ event: 'trouble', id, message: why });
      output.note(why ?? 'It works again.');
    }
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
  }
  return exitCodes.ok;
}
