/** The clients that the fault table compares, each by the command line with which it does best. */
import { basename, dirname, join } from 'node:path';

export interface Fetch {
  readonly url: string;
  /** Folder for the file. */
  readonly folder: string;
  /** Name for the file; null: the server's, or the link's. */
  readonly name: string | null;
  readonly connections: number;
  /** PEM file of the authority to trust. */
  readonly authority: string;
  /** SHA-256 in hexadecimal, where the client is to know it. */
  readonly checksum: string | null;
  readonly headers: readonly string[];
  /** A folder for what the client keeps, the same in each run of one row. */
  readonly home: string;
}

export interface Client {
  readonly name: string;
  command(fetch: Fetch): readonly string[];
  env?(fetch: Fetch): Readonly<Record<string, string>>;
  /** File of what the client keeps of an unfinished download, to be torn (row 68); null: it keeps none. */
  journal(fetch: Fetch & { readonly name: string }): string | null;
  /** The unfinished file. */
  part(file: string): string;
  /** True for the names of files that are not finished downloads. */
  isUnfinished(name: string): boolean;
}

/** Sluice as it is built. */
export const sluice = (cli: string): Client => ({
  name: 'Sluice',
  command: ({ url, folder, name, connections, checksum, headers, home }) => [
    process.execPath,
    cli,
    'get',
    url,
    '--json',
    `--home=${home}`,
    `--output=${folder}`,
    `--connections=${connections}`,
    ...(name === null ? [] : [`--name=${name}`]),
    ...(checksum === null ? [] : [`--checksum=sha-256:${checksum}`]),
    ...headers.flatMap((header) => ['--header', header]),
  ],
  env: ({ authority }) => ({ NODE_EXTRA_CA_CERTS: authority }),
  journal: ({ home }) => join(home, 'store.db-wal'),
  part: (file) => `${file}.sluice`,
  isUnfinished: (name) => name.endsWith('.sluice'),
});

/** Patient for less long than by default, so that a row does not take minutes; and told to find its own names. */
export const aria2c: Client = {
  name: 'aria2c',
  command: ({ url, folder, name, connections, authority, checksum, headers }) => [
    'aria2c',
    '--no-conf',
    '--quiet',
    '--file-allocation=none',
    '--timeout=5',
    '--connect-timeout=5',
    '--max-tries=8',
    '--retry-wait=1',
    `--max-connection-per-server=${connections}`,
    `--split=${connections}`,
    '--min-split-size=1M',
    `--ca-certificate=${authority}`,
    `--dir=${folder}`,
    ...(name === null ? [] : [`--out=${name}`]),
    ...(checksum === null ? [] : [`--checksum=sha-256=${checksum}`]),
    ...headers.map((header) => `--header=${header}`),
    url,
  ],
  journal: ({ folder, name }) => join(folder, `${name}.aria2`),
  part: (file) => file,
  isUnfinished: (name) => name.endsWith('.aria2'),
};

/** curl does not hash, and resumes by the length of what is there (`-C -`). */
export const curl: Client = {
  name: 'curl',
  command: ({ url, folder, name, authority, headers }) => [
    'curl',
    '--silent',
    '--show-error',
    '--fail',
    '--location',
    '--connect-timeout',
    '5',
    '--speed-limit',
    '1',
    '--speed-time',
    '5',
    '--retry',
    '8',
    '--retry-delay',
    '1',
    '--retry-all-errors',
    '--cacert',
    authority,
    '--output-dir',
    folder,
    // A name of the server's choice and resuming exclude each other.
    ...(name === null ? ['--remote-name', '--remote-header-name'] : ['--continue-at', '-', '--output', name]),
    ...headers.flatMap((header) => ['--header', header]),
    url,
  ],
  journal: () => null,
  part: (file) => file,
  isUnfinished: () => false,
};

/** For messages: what a person would type. */
export function typed(command: readonly string[]): string {
  return command
    .map((word) => (word === process.execPath ? 'node' : dirname(word) === '.' ? word : basename(word)))
    .join(' ');
}
