/** A share server with a home and a folder of its own. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openShares, type ServeMachine } from '../../electron/engine/serve/open-shares.ts';
import type { ServeWorld, Shares } from '../../electron/engine/serve/index.ts';
import type { Share, ShareRequest } from '../../shared/share.ts';
import { converse, type Answer } from '../conformance/exchange.ts';
import { serveWorld } from '../servers/serve-world.ts';

export interface Serving extends AsyncDisposable {
  readonly shares: Shares;
  readonly world: ServeWorld;
  /** An empty folder for whatever is shared. */
  readonly folder: string;
  add(
    target: ShareRequest['target'],
    options?: ShareRequest['options'],
    password?: string,
  ): Promise<Share & { link: URL }>;
  /** Opens the same home anew, as after a restart. */
  reopen(): Promise<Shares>;
}

export function serving(machine: ServeMachine = {}, parts: Partial<ServeWorld> = {}): Serving {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-serve-')));
  const folder = mkdtempSync(join(base, 'files-'));
  const world = serveWorld(join(base, 'home'), parts);
  const bugs: unknown[] = [];
  const open = () => openShares(world, { bug: (error) => bugs.push(error), ...machine });
  let shares = open();
  return {
    get shares() {
      return shares;
    },
    world,
    folder,
    async add(target, options = {}, password) {
      const share = await shares.add({ target, options, ...(password === undefined ? {} : { password }) });
      return { ...share, link: new URL(share.links[0] ?? '') };
    },
    async reopen() {
      await shares.close();
      shares = open();
      return shares;
    },
    async [Symbol.asyncDispose]() {
      await shares.close();
      rmSync(base, { recursive: true, force: true });
      // What broke while a test looked elsewhere is a failure of that test.
      if (bugs.length > 0) throw new Error('The server met a bug', { cause: bugs[0] });
    },
  };
}

/** A share of a folder as most tests want it. */
export function folderTarget(
  path: string,
  more: { hidden?: boolean; uploads?: boolean; uploadQuota?: number | null } = {},
) {
  return { kind: 'folder', path, hidden: false, uploads: false, uploadQuota: null, ...more } as const;
}

/** Resolves as soon as it is so; the test's time limit is the only one. */
export async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** One request as it is, without a client that tidies the target. */
export async function ask(link: URL, target: string, ...fields: string[]): Promise<Answer> {
  const head = [`GET ${target} HTTP/1.1`, `Host: ${link.host}`, 'Connection: close', ...fields].join('\r\n');
  const { answers } = await converse(Number(link.port), `${head}\r\n\r\n`, { address: link.hostname });
  const answer = answers.at(-1);
  if (!answer) throw new Error(`No answer to ${target}`);
  return answer;
}
