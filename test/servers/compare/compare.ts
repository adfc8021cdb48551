/** `npm run faults -- compare`: points Sluice, aria2c and curl at every row of the fault table; writes docs/faults.md. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ensurePrograms } from '../../bench/programs.ts';
import { certificateFiles } from '../certificate.ts';
import { startFaultServer } from '../fault-server.ts';
import { faults, type Fault } from '../faults/index.ts';
import { aria2c, curl, sluice } from './clients.ts';
import { playFor, type Cell } from './row.ts';

const root = join(import.meta.dirname, '../../..');
/** The row in which a connection falls silent gets more time, in seconds: nobody gives up on one so soon. */
const STALL = 60;
const SILENCE = 45;

interface Line {
  readonly fault: Fault;
  readonly variant: string | undefined;
  readonly cells: readonly Cell[];
}

/** `only`: numbers of rows; none: all, and then the document is written. */
export async function compare(only: readonly number[], seconds: number): Promise<void> {
  const cli = join(root, 'dist/electron/cli.js');
  if (!existsSync(cli)) throw new Error('Sluice is not built yet: npm run build');
  const versions = ensurePrograms(['aria2c', 'curl']);
  const clients = [sluice(cli), aria2c, curl];
  using authority = await certificateFiles();
  await using server = await startFaultServer();

  const lines: Line[] = [];
  for (const fault of faults.filter(({ number }) => only.length === 0 || only.includes(number))) {
    const most = (fault.number === STALL ? SILENCE : seconds) * 1000;
    const bounds = { most, authority: authority.cert };
    for (const variant of fault.variants ?? [undefined]) {
      const cells = await Promise.all(clients.map((client) => playFor(client, server, fault, variant, bounds)));
      lines.push({ fault, variant, cells });
      console.log([fault.number, variant ?? '', ...cells.map(words)].join(' | '));
    }
  }
  const names = ['Sluice', `aria2c ${versions['aria2c']}`, `curl ${versions['curl']}`];
  console.log(`\n${totals(names, lines).join('\n')}`);
  if (only.length > 0) return;
  const file = join(root, 'docs/faults.md');
  const options = await resolveConfig(file);
  writeFileSync(file, await format(document(names, lines, seconds), { ...options, filepath: file }));
  console.log(`\n${file}`);
}

function words({ verdict, note, fetched }: Cell): string {
  if (verdict === 'not played') return note === '' ? '–' : `– (${note})`;
  const said = { intact: 'intact', wrong: '**wrong bytes**', stopped: 'stopped', endless: '_no end_' }[verdict];
  const times = verdict === 'intact' && fetched < 1.05 ? '' : `, ${fetched.toFixed(fetched < 10 ? 2 : 0)} ×`;
  return `${said}${times}${note === '' ? '' : ` (${note})`}`;
}

function totals(names: readonly string[], lines: readonly Line[]): string[] {
  const count = (client: number, verdict: Cell['verdict']) =>
    lines.filter(({ cells }) => cells[client]?.verdict === verdict).length;
  return [
    '| of the plays below | intact | stopped, and said so | no end | wrong bytes, and said “done” |',
    '| --- | --- | --- | --- | --- |',
    ...names.map((name, i) => {
      const [intact, stopped, endless, wrong] = (['intact', 'stopped', 'endless', 'wrong'] as const).map((verdict) =>
        count(i, verdict),
      );
      return `| ${name} | ${intact} | ${stopped} | ${endless} | ${wrong} |`;
    }),
  ];
}

function document(names: readonly string[], lines: readonly Line[], seconds: number): string {
  return `# What remotes do wrong, and what becomes of the download

Measured on ${new Date().toISOString().slice(0, 10)} by \`npm run build && npm run faults -- compare\`: the same server plays
each row, in each of its variants, to \`sluice get\`, aria2c and curl, every time into an empty folder, and what lies there in the
end is compared with what the server had (SHA-256). One run each; a client that has not ended after ${seconds} s (row ${STALL}: ${SILENCE} s) is ended.
Rows about one response after the other are played with one connection, rows about segments with four or six (curl has
one). aria2c runs with \`--max-tries=8 --retry-wait=1 --timeout=5\`, curl with \`--fail --location --continue-at - --retry 8
--retry-all-errors --speed-time 5\`: the exact words are in
[clients.ts](../test/servers/compare/clients.ts).

To see a row by hand, with any client: \`npm run faults -- 47\` prints a link and then every exchange. The tests that hold
Sluice to each row: \`test/integration/download-*.test.ts\`, \`test/unit/files-*.test.ts\`.

- **intact**: it says that it is done, and the file is what the server had.
- **stopped**: it says that it could not finish (“asks”: what has arrived is kept, and the person has a choice).
  Where the file changed on the server, or the answer proves nothing, this is the right end.
- **no end**: it was still at it, waiting or stuck. Sluice tries ten times over some minutes before it gives up; longer
  where the server asks for it, and as long as it takes for a server that is away once something has come.
- **wrong bytes**: it says that it is done, and the file is something else.
- **×**: body bytes that the server handed to the system, over the size of the file; left out where the file came once.
  What was still in the buffers of a connection when a client cut it counts, up to some MB.

${totals(names, lines).join('\n')}

| row | what happens | what should come of it | ${names.join(' | ')} |
| --- | --- | --- | ${names.map(() => '---').join(' | ')} |
${lines
  .map(({ fault, variant, cells }) => {
    const title = `${fault.title}${variant === undefined ? '' : `: _${variant}_`}`;
    return `| ${[fault.number, title, fault.outcome, ...cells.map(words)].map((text) => String(text).replaceAll('|', '\\|')).join(' | ')} |`;
  })
  .join('\n')}

Rows without figures are about this computer, and no command line can be put into them from outside; Sluice's tests are
in test/integration/download-local-faults.test.ts. Row 69 follows from the way the part file is written: nothing is ever
written ahead of the bytes that arrived.
`;
}
