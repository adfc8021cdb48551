/** The servers of the serve bench, each in processes of its own, and what those cost. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ShareTarget } from '../../shared/share.ts';
import { certificateFiles } from '../servers/certificate.ts';
import { startNginx } from './nginx.ts';
import { cpuOf, peakRssOf } from './process-meter.ts';

/** Something to GET. */
export interface Place {
  readonly port: number;
  /** With its query. */
  readonly path: string;
}

export interface Server extends AsyncDisposable, Place {
  readonly name: string;
  readonly pids: () => number[];
}

/** A server that is a Node process of ours. */
export interface NodeServer extends Server {
  /** Worst delay of its event loop since it was asked last, ms; and the worst of what its own work had in such delays. */
  loopDelay(): Promise<{ delay: number; own: number }>;
}

export interface SluiceServer extends NodeServer {
  /** Shares something more. */
  share(target: ShareTarget): Promise<Place>;
  /** Bytes that it has read from remotes, and given to its readers' sockets. */
  flow(): Promise<{ read: number; written: number }>;
}

export const placeOf = (link: string): Place => {
  const { port, pathname, search } = new URL(link);
  return { port: Number(port), path: `${pathname}${search}` };
};

/** Serves `file` of `root`. */
export async function startNode(name: string, root: string, file: string): Promise<SluiceServer> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'serve-server.ts'), [name, root, file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answer = async <T>(): Promise<T> => ((await once(child, 'message')) as [T])[0];
  const ask = <T>(question: unknown): Promise<T> => {
    child.send(question as string);
    return answer<T>();
  };
  const place = placeOf(await answer<string>());
  return {
    name,
    ...place,
    pids: () => [child.pid ?? 0],
    loopDelay: () => ask('delay'),
    flow: () => ask('flow'),
    share: async (target) => placeOf(await ask<string>(target)),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

export interface NginxOptions {
  /** Full packets; without it many small answers go out sooner. */
  readonly tcpNopush?: 'on' | 'off';
  readonly locations?: string;
}

export async function startNginxServer(
  name: string,
  root: string,
  work: string,
  path: string,
  { tcpNopush = 'on', locations = '' }: NginxOptions = {},
): Promise<Server> {
  const certificate = await certificateFiles();
  const nginx = await startNginx(root, work, certificate, tcpNopush, locations);
  const master = Number(readFileSync(join(work, 'nginx.pid'), 'utf8'));
  return {
    name,
    port: nginx.httpPort,
    path,
    pids: () => [master, ...childrenOf(master)],
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      certificate[Symbol.dispose]();
    },
  };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

const sum = (values: readonly (number | null)[]) => values.reduce((total: number, value) => total + (value ?? 0), 0);

/** CPU-seconds that its processes have used. */
export const cpu = (server: Server) => sum(server.pids().map(cpuOf));
/** Bytes that its processes took at their peaks. */
export const peakRss = (server: Server) => sum(server.pids().map(peakRssOf));

/** Bytes that its processes take now. */
export function currentRss(server: Server): number {
  return sum(
    server.pids().map((pid) => {
      const kib = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      return kib === undefined ? null : Number(kib) * 1024;
    }),
  );
}
