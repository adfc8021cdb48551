/** What is typed for shares and captures. */
import { Argument, Option, type Command } from 'commander';
import { capture, captureChoices, type CaptureFlags } from './capture-command.ts';
import { type Add, type Choose, collect } from './commands.ts';
import { share, type ShareFlags } from './share-command.ts';
import { shares, sharesActions, type SharesAction, type SharesFlags } from './shares-command.ts';

export function describeServingCommands(add: Add, choose: Choose): void {
  add('share [what]', 'Serve a file, a folder, a link, a job or a query over HTTP until Ctrl-C, and print its link')
    .option('--query <sql>', 'rows of a query, as NDJSON or CSV')
    .option('--param <name=value>', 'with --query: name and default of $1, then of $2 …; repeatable', collect)
    .option('--url <url>', 'with --query: the database')
    .option('--connection <name>', 'with --query: or one that is kept')
    .option('--name <name>', 'what readers see (default: the file’s name)')
    .option('--port <n>', 'port to listen on (default: that of last time)')
    .option('--expires <time>', 'the link ends after 30m, 2h or 7d')
    .option('--deliveries <n>', 'the link ends after so many whole deliveries')
    .option('--limit <rate>', 'bytes per second over all readers')
    .option('--password', 'ask for a password that readers have to give')
    .option('--password-stdin', 'read that password from stdin')
    .option('--network', 'other computers may read too (default: this one only)')
    .option('--header <line>', 'a link: request header field, like a login; readers never see it; repeatable', collect)
    .option('--cache <size>', 'a link: keep so much of it on this disk, like 2G (default: nothing)')
    .option('--upload', 'a folder: readers may add files')
    .option('--upload-quota <size>', 'a folder: so much at most, like 10G (default: until 1 GiB of the disk is left)')
    .option('--hidden', 'a folder: with files whose names begin with a dot')
    .option('--attachment', 'browsers save it instead of showing it')
    .action((what: string | undefined, flags: ShareFlags, command: Command) =>
      choose(command, (context) => share(what, flags, context)),
    );
  add('shares', 'Show, change or revoke the links that a running Sluice serves')
    .addArgument(new Argument('[action]').choices(sharesActions).default('list'))
    .argument('[ids...]')
    .option('--name <name>', 'with change: what readers see')
    .option('--expires <time>', 'with change: the link ends after 30m, 2h or 7d; “never” lifts it')
    .option('--deliveries <n>', 'with change: whole deliveries that are left; “any” lifts it')
    .option('--limit <rate>', 'with change: bytes per second over all readers; “none” lifts it')
    .option('--password', 'with change: ask for a password that readers have to give')
    .option('--password-stdin', 'with change: read that password from stdin')
    .option('--no-password', 'with change: none any more')
    .option('--network', 'with change: other computers may read too; prints the links')
    .option('--no-network', 'with change: this computer only')
    .action((action: SharesAction, ids: string[], flags: SharesFlags, command: Command) =>
      choose(command, (context) => shares(action, ids, flags, context)),
    );
  add('capture [link]', 'Write an endless feed into rotating files until Ctrl-C')
    .option('-o, --output <dir>', 'folder to write in (default: this one)')
    .option('--name <name>', 'what the files’ names begin with')
    .option('--sse', 'the link gives server-sent events (default: lines)')
    .option('--poll <time>', 'ask the link again every 10s, 5m …')
    .option('--changes-only', 'with --poll: leave out what is equal to the one before')
    .option('--channel <name>', 'PostgreSQL LISTEN; repeatable, with --connection or --url', collect)
    .option('--connection <name>', 'with --channel')
    .option('--url <url>', 'with --channel: the database')
    .option('--header <line>', 'request header field; repeatable', collect)
    .option('--rotate-size <size>', 'a new file at this size (default: 100M)')
    .option('--rotate-every <time>', 'a new file every 1h, 1d …')
    .addOption(new Option('--naming <how>', 'names of the files').choices(['number', 'date']))
    .addOption(new Option('--compression <name>', 'of the files').choices(captureChoices.compressions))
    .option('--queue-records <n>', 'records that may wait for the disk (default: 10000)')
    .option('--queue-size <size>', 'bytes that may wait for the disk (default: 16M)')
    .addOption(new Option('--when-full <what>', 'when the queue is full').choices(captureChoices.whenFull))
    .addOption(new Option('--when-disk-full <what>', 'when the disk is full').choices(captureChoices.whenFull))
    .option('--show', 'print records as they come; of many a second only some')
    .action((link: string | undefined, flags: CaptureFlags, command: Command) =>
      choose(command, (context) => capture(link, flags, context)),
    );
}
