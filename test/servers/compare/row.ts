/** One client against one row of the fault table, from an empty folder to what is in it in the end. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { mountSmallDisk } from '../../torture/small-disk.ts';
import type { FaultRun, FaultServer } from '../fault-server.ts';
import type { Fault } from '../faults/index.ts';
import { generatedBytes } from '../generated-bytes.ts';
import type { Client, Fetch } from './clients.ts';

export interface Cell {
  /**
   * intact: it says that it is done, and the file is what the server had. wrong: it says so, and it is not. stopped: it
   * says that it could not. endless: it had to be ended.
   */
  readonly verdict: 'intact' | 'wrong' | 'stopped' | 'endless' | 'not played';
  /** What there is to say about it; empty: nothing. */
  readonly note: string;
  /** Body bytes sent to it, over the file's size. */
  readonly fetched: number;
}

/** Rows in which several connections matter; the others are about one response after the other. */
const parallel = new Set([1, 4, 10, 14, 24, 30, 42, 52, 58]);
/** Rows of this computer that no command line can be put into from outside. */
const unplayed = new Set([66, 69, 70]);
const OLD = 'an older file of the same name';
const SECRETS = ['Authorization: Bearer hush', 'Cookie: id=hush', 'X-Api-Key: hush'];
const MIB = 1 << 20;

export interface Bounds {
  /** Ms after which a client is ended. */
  readonly most: number;
  /** PEM file of the authority to trust. */
  readonly authority: string;
}

/** Plays a row for a client and says what came out. */
export async function playFor(
  client: Client,
  server: FaultServer,
  fault: Fault,
  variant: string | undefined,
  { most, authority }: Bounds,
): Promise<Cell> {
  const { number } = fault;
  if (unplayed.has(number)) return { verdict: 'not played', note: '', fetched: 0 };
  const root = mkdtempSync(join(tmpdir(), 'sluice-compare-'));
  using disk = number === 65 ? mountSmallDisk(join(root, 'disk'), 16 * MIB) : null;
  if (number === 65 && !disk) return { verdict: 'not played', note: 'needs root', fetched: 0 };
  const folder = join(disk?.path ?? root, 'files');
  mkdirSync(folder);
  try {
    const isCut = number === 67 || number === 68;
    const run = await server.play(number, {
      ...(variant !== undefined && { variant }),
      ...(isCut && { rate: 2 * MIB }),
    });
    const name = number === 71 ? null : decodeURIComponent(new URL(run.url).pathname.split('/').at(-1) ?? '');
    if (number === 34 && name !== null) writeFileSync(join(folder, name), OLD);
    const fetch: Fetch = {
      url: run.url,
      folder,
      name,
      connections: parallel.has(number) ? (number === 58 ? 6 : 4) : 1,
      authority,
      checksum: number === 72 ? run.sha256 : null,
      headers: number === 53 ? SECRETS : [],
      home: join(root, 'home'),
    };
    if (disk) {
      disk.fill(2 * MIB);
      await attempt(client, fetch, most);
      disk.empty();
    }
    if (isCut && name !== null) {
      await attempt(client, fetch, most, () => sent(run) > run.size / 2);
      damage(client, { ...fetch, name }, number);
    }
    const end = await attempt(client, fetch, most);
    return await judge(client, fetch, run, number, end);
  } finally {
    disk?.unmount();
    rmSync(root, { recursive: true, force: true });
  }
}

const sent = (run: FaultRun) => run.exchanges.reduce((sum, exchange) => sum + exchange.sent, 0);

/** Between two runs: the unfinished file loses its second half (67), or what is known about it does (68). */
function damage(client: Client, fetch: Fetch & { name: string }, number: number): void {
  const path = number === 67 ? client.part(join(fetch.folder, fetch.name)) : client.journal(fetch);
  if (path !== null && existsSync(path)) truncateSync(path, Math.floor(statSync(path).size / 2));
}

interface End {
  /** Exit code; null: it was ended from here. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs the client once, until it ends, `most` ms are over, or `enough` says so: then it is killed. */
async function attempt(client: Client, fetch: Fetch, most: number, enough?: () => boolean): Promise<End> {
  const [program = '', ...args] = client.command(fetch);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
  const child = spawn(program, args, {
    cwd: fetch.folder,
    env: { ...env, ...client.env?.(fetch) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const over = new AbortController();
  const ended = once(child, 'close').finally(() => over.abort());
  const deadline = performance.now() + most;
  while (!over.signal.aborted && performance.now() < deadline && !enough?.()) {
    await sleep(20, undefined, { signal: over.signal }).catch(() => {});
  }
  child.kill('SIGKILL');
  const [code] = (await ended) as [number | null];
  return { code, output: Buffer.concat(output).toString() };
}

async function judge(client: Client, fetch: Fetch, run: FaultRun, number: number, end: End): Promise<Cell> {
  const names = readdirSync(fetch.folder);
  const files = names
    .filter((name) => !client.isUnfinished(name) && !names.includes(`${name}.aria2`))
    .map((name) => ({ name, bytes: readFileSync(join(fetch.folder, name)) }));
  const truths = new Set([run.sha256, await run.currentSha256()]);
  const isTrue = (bytes: Buffer) => truths.has(createHash('sha256').update(bytes).digest('hex'));
  const whole = files.find(({ bytes }) => isTrue(bytes) || (number === 42 && isTrue(unpacked(bytes))));
  const notes: string[] = [];
  if (number === 34) {
    const isThere = files.some(({ bytes }) => bytes.toString('latin1') === OLD);
    notes.push(isThere ? 'the older file is still there' : 'the older file is gone');
  }
  if (number === 53 && leaked(run)) notes.push('secrets went to the other origin');
  if (number === 54 && run.exchanges.some(({ origin }) => origin === 'http')) notes.push('went on in plain text');
  if (number === 71 && whole) notes.push(`as “${brief(whole.name)}”`);
  const cell = (verdict: Cell['verdict'], ...more: string[]): Cell => ({
    verdict,
    note: [...more, ...notes].join('; '),
    fetched: run.size === 0 ? 0 : sent(run) / run.size,
  });
  if (number === 42 && whole && !isTrue(whole.bytes)) notes.push('packed, as it was sent');
  if (end.code === null) return cell('endless', ...lastState(end));
  if (end.code === 0) return whole ? cell('intact') : cell('wrong');
  const spoilt = files.some(({ name, bytes }) => name === fetch.name && !isBeginning(bytes, number) && number !== 34);
  return cell(
    'stopped',
    reason(end),
    ...(spoilt ? ['what it leaves under the name is not the beginning of the file'] : []),
  );
}

function leaked(run: FaultRun): boolean {
  return run.exchanges.some(
    ({ origin, request }) => origin === 'other' && JSON.stringify(request.headers).includes('hush'),
  );
}

/** True where the bytes are how the file of a row begins. */
function isBeginning(bytes: Buffer, number: number): boolean {
  return bytes.equals(generatedBytes(number).read(0, bytes.length));
}

/** A name as a table can show it. */
function brief(name: string): string {
  const short = name.length <= 40 ? name : `${name.slice(0, 20)}…${name.slice(-10)}`;
  return short.replace(/\p{Bidi_Control}/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
}

/** What was packed by a server that was asked not to; other bytes as they are. */
function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}

/** What Sluice was doing in the end; the others do not say. */
function lastState({ output }: End): string[] {
  const [, state] = [...output.matchAll(/"event":"state".*?"state":"([a-z]+)"/g)].at(-1) ?? [];
  return state === undefined ? [] : [state === 'waiting' ? 'waits to try again' : state];
}

/** Sluice's code of the failure, else the exit code. */
function reason({ code, output }: End): string {
  const failures = [...output.matchAll(/"event":"(?:failed|error)".*?"code":"([a-z-]+)"/g)];
  const said = failures.at(-1)?.[1];
  return said === undefined ? `exit ${code}` : `${code === 4 ? 'asks: ' : ''}${said}`;
}
