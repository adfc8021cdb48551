/** An SSH server that forwards to loopback ports: the bastion before a test PostgreSQL. */
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type Connection, type ParsedKey, Server, utils } from 'ssh2';

export interface SshServerOptions {
  /** Its host key, in OpenSSH's format. */
  readonly hostKey: string;
  /** Accepted for the user `tunnel`; null: none. */
  readonly password: string | null;
  /** A public key that is accepted for the user `tunnel`; null: none. */
  readonly publicKey: string | null;
  readonly port?: number;
}

export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** Passwords that clients showed. */
  readonly shown: string[];
}

/** Key pairs as ssh-keygen makes them. */
export function makeSshKey(passphrase?: string): { private: string; public: string } {
  const options = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr' };
  return utils.generateKeyPairSync('ed25519', options as Parameters<typeof utils.generateKeyPairSync>[1] & object);
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const connections = new Set<Connection>();
  const shown: string[] = [];
  const allowed = options.publicKey === null ? null : (utils.parseKey(options.publicKey) as ParsedKey);
  const server = new Server({ hostKeys: [options.hostKey] }, (client) => {
    connections.add(client);
    client
      .on('error', () => {})
      .on('close', () => connections.delete(client))
      .on('authentication', (ask) => {
        if (ask.method === 'password') shown.push(ask.password);
        const accepted =
          (ask.method === 'password' && ask.password === options.password) ||
          (ask.method === 'publickey' &&
            allowed !== null &&
            isSame(ask.key.data, allowed.getPublicSSH()) &&
            (ask.signature === undefined || allowed.verify(ask.blob ?? Buffer.of(), ask.signature, ask.hashAlgo)));
        if (ask.username === 'tunnel' && accepted) ask.accept();
        else ask.reject(['password', 'publickey']);
      })
      .on('tcpip', (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP);
        socket.once('error', () => reject());
        socket.once('connect', () => {
          socket.removeAllListeners('error').on('error', () => {});
          const channel = accept();
          channel
            .on('error', () => {})
            .pipe(socket)
            .pipe(channel);
        });
      });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => connections.size,
    shown,
    async [Symbol.asyncDispose]() {
      for (const client of connections) client.end();
      server.close();
      await once(server, 'close');
    },
  };
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
