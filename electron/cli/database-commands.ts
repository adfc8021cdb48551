/** What is typed for connections and exports. */
import { Argument, Option, type Command } from 'commander';
import { usualInsertRows } from '../../shared/export-formats.ts';
import { compressions, encodings, parquetCompressions, quotings } from '../../shared/export.ts';
import { type Add, type Choose, collect } from './commands.ts';
import { connectionColors } from '../../shared/database.ts';
import type { ConnectionFlags } from './connection-draft.ts';
import { connectionActions, connections } from './connections.ts';
import { exportRows } from './export-command.ts';
import { type ExportFlags, formatNames } from './export-request.ts';

export function describeDatabaseCommands(add: Add, choose: Choose): void {
  add('export', 'Export a PostgreSQL query or tables, and stay until it is done')
    .option('--url <url>', 'the database: postgresql://user@host/database')
    .option('--connection <name>', 'or one that is kept (see “connections”)')
    .option('--query <sql>', 'what to export')
    .option('--table <name>', 'or a table, like shop.orders; repeatable: each into a file of a folder', collect)
    .option('--columns <names>', 'with one table: a,b,c')
    .option('--where <sql>', 'with one table: a condition')
    .option('--param <value>', 'value of $1, then of $2 …; repeatable', collect)
    .option('--key <names>', 'unique columns of the query’s result: what lets it go on after a crash')
    .option('-o, --output <file>', 'file or folder, or - for stdout (default: this folder)')
    .addOption(new Option('--format <name>', 'default: by the ending of -o').choices(formatNames))
    .addOption(new Option('--compression <name>', 'default: by the ending of -o').choices(compressions))
    .option('--delimiter <char>', 'CSV: between fields (\\t for a tab)')
    .option('--quote <char>', 'CSV: around fields')
    .option('--escape <char>', 'CSV: before a quote inside quotes')
    .addOption(new Option('--quoting <which>', 'CSV: which fields stand in quotes').choices(quotings))
    .option('--null <text>', 'CSV: how NULL is written (default: nothing)')
    .option('--no-header', 'CSV, XLSX: no line of column names')
    .option('--crlf', 'CSV: lines end as on Windows')
    .option('--bom', 'CSV: a byte order mark, for spreadsheets')
    .addOption(new Option('--encoding <name>', 'CSV: characters').choices(encodings))
    .option('--formula-guard', 'CSV: a ’ before what a spreadsheet would run')
    .option('--into <table>', 'sql, copy: the table that is written to')
    .option('--batch <n>', `sql: rows of one INSERT (default: ${usualInsertRows})`)
    .addOption(
      new Option('--parquet-compression <name>', 'parquet: of its pages (default: zstd)').choices(parquetCompressions),
    )
    .option('--split-rows <n>', 'a new file after so many rows')
    .option('--split-size <size>', 'a new file after so many bytes, like 500M')
    .option('--time-zone <name>', 'of timestamps with time zone (default: UTC)')
    .option('--parallel <n>', 'one table over so many sessions; the order of rows is lost')
    .option('--count', 'count the rows first, so that the progress is exact')
    .option('--limit <rate>', 'bytes per second, like 500K or 2M')
    .action((flags: ExportFlags, command: Command) => choose(command, (context) => exportRows(flags, context)));
  add('connections', 'Show, add, import, test or remove connections to databases, or list what is in one')
    .addArgument(new Argument('[action]').choices(connectionActions).default('list'))
    .argument('[name]', 'with import: what to take over of what this computer knows; without it, all is listed')
    .option('--url <url>', 'with add, test and tables: postgresql://user@host/database, or service=NAME')
    .option('--password-stdin', 'read the password from stdin')
    .option('--ask-password', 'ask for the password')
    .option('--write', 'with add: sessions may write (default: read only)')
    .addOption(new Option('--color <name>', 'with add: its tag').choices(connectionColors))
    .option('--timeout <time>', 'with add: the most that a preview or the list of tables may take, like 30s')
    .option('--export-timeout <time>', 'with add: the most that an export may take, like 2h (default: none)')
    .option('--ssh <server>', 'with add and test: through the SSH server USER@HOST[:PORT]')
    .option('--ssh-key <file>', 'log in there with a private key (default: the agent)')
    .option('--ssh-host-key <fingerprint>', 'the key that server shows, as ssh-keygen -lf writes it: SHA256:…')
    .option('--ask-ssh-password', 'ask for the password there, or of the key')
    .action(
      (
        action: (typeof connectionActions)[number],
        name: string | undefined,
        flags: ConnectionFlags,
        command: Command,
      ) => choose(command, (context) => connections(action, name, flags, context)),
    );
}
