/** pgbouncer in transaction mode before a test PostgreSQL, where the system has it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverUser } from '../../electron/engine/database/postgres-server.ts';
import { freePort } from '../../electron/engine/database/free-port.ts';
import { withSbin } from '../bench/programs.ts';
import type { TestPostgres } from './postgres.ts';

export interface Pooler extends AsyncDisposable {
  readonly port: number;
}

/** @param further Lines for its [pgbouncer] section. */
export async function startPooler({ target }: TestPostgres, further = ''): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pooler-'));
  const user = serverUser();
  const port = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"${target.user}" "${target.password ?? ''}"\n`);
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
${further}
`,
  );
  for (const path of [folder, config, users]) {
    if (user !== null) chownSync(path, user.uid, user.gid);
  }
  chmodSync(folder, 0o700);
  const child = spawn('pgbouncer', [config], { ...user, env: withSbin(), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  for await (const text of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    log += String(text);
    if (log.includes('process up')) break;
  }
  if (!log.includes('process up')) throw new Error(`pgbouncer did not start: ${log}`);
  child.stderr.resume();
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.off('exit', stop);
      const exited = once(child, 'exit');
      stop();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
