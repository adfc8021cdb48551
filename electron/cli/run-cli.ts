/** The command line: reads the arguments, runs one command, and turns what it throws into a sentence and an exit code. */
import type { Writable } from 'node:stream';
import { Argument, Command, CommanderError, Option } from 'commander';
import { attentionChoices, priorities, type AttentionChoice } from '../../shared/job.ts';
import { createLog, failureOf, resolveHome, version, type Serve } from '../app/index.ts';
import { type Action, type Add, type Choose, collect } from './commands.ts';
import { describeDatabaseCommands } from './database-commands.ts';
import { describeServingCommands } from './serving-commands.ts';
import { decide, type DecideFlags } from './decide.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { get } from './get.ts';
import type { GetFlags } from './get-request.ts';
import { host, type HostFlags } from './host-command.ts';
import { listenForInterrupts } from './interrupts.ts';
import { jobCommand, priority, quit, type JobCommand, type JobCommandFlags } from './job-commands.ts';
import { list } from './list.ts';
import { createOutput, type Output, type Stream } from './output.ts';
import { watchForLoss } from './output-loss.ts';
import type { Input } from './password.ts';
import {
  limit,
  schedule,
  scheduleActions,
  settings,
  settingsActions,
  type LimitFlags,
  type ScheduleFlags,
} from './settings-commands.ts';

export interface CliDeps {
  readonly serve: Serve;
  /** Folder of the built window, for `host`. */
  readonly rendererDir: string;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
  readonly stdin?: Input;
  /** Where data goes that is not text; left out: stdout. */
  readonly bytes?: Writable;
  readonly cwd?: string;
}

interface CommonFlags {
  readonly home?: string;
  readonly json?: boolean;
}
/** Runs the command that `argv` (without the program's name) asks for. Resolves with the exit code. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  const { stdout = process.stdout, stderr = process.stderr, stdin = process.stdin, cwd = process.cwd(), serve } = deps;
  const { bytes = process.stdout } = deps;
  const interrupts = listenForInterrupts();
  const loss = watchForLoss(stdout, stderr, () => interrupts.trigger());
  const typed: { action: Action | null; flags: CommonFlags } = { action: null, flags: {} };
  const program = describe({ stdout, stderr, rendererDir: deps.rendererDir }, (command, action) => {
    typed.action = action;
    typed.flags = command.optsWithGlobals();
  });
  const before = createOutput(stdout, stderr, argv.includes('--json'));
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    interrupts.dispose();
    return usageError(error, before);
  }
  const { action, flags } = typed;
  const output = createOutput(stdout, stderr, flags.json === true);
  const home = resolveHome(flags.home);
  const failed = (error: unknown): number => {
    const failure = failureOf(error);
    if (failure.code === 'internal') createLog(home).error('A command failed', error);
    output.fail(failure);
    return exitCodeOf(failure.code);
  };
  try {
    const context = { home, homeFlag: flags.home ?? null, cwd, serve, output, bytes, stderr, stdin, interrupts };
    const code = (await action?.(context)) ?? exitCodes.ok;
    return loss.error ? failed(loss.error) : code;
  } catch (error) {
    if (loss.error) return failed(loss.error);
    return error === interrupts.signal.reason ? exitCodes.interrupted : failed(error);
  } finally {
    interrupts.dispose();
  }
}

/** commander's own errors (an unknown flag, a missing argument) as our sentences; help and version are no errors. */
function usageError(error: unknown, output: Output): number {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return exitCodes.ok;
  // No command, or help for one that is not there: what there is was shown to the person.
  if (error.code === 'commander.help') {
    output.event({ event: 'error', code: 'bad-input', message: 'Say what to do: see “sluice --help”.', params: {} });
    return exitCodes.usage;
  }
  const [what = '', hint] = error.message.replace(/^error: /, '').split('\n');
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1).replace(/\.$/, '')}.`;
  const words = [sentence, hint?.replace(/^\((.*)\)$/, '$1'), 'See “sluice --help” for what there is.'];
  const message = words.filter(Boolean).join(' ');
  output.fail({ code: 'bad-input', message, params: {} });
  return exitCodes.usage;
}

interface Surface {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly rendererDir: string;
}

function describe({ stdout, stderr, rendererDir }: Surface, choose: Choose): Command {
  const program = new Command('sluice')
    .description('Moves large files and large query results: whole, soon and unattended.')
    .version(version)
    .exitOverride()
    // Before the commands are made: they inherit it. Errors are ours to print.
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => {},
    })
    .showSuggestionAfterError()
    .helpCommand('help [command]', 'Tell about a command');
  const common = (command: Command) =>
    command
      .addOption(new Option('--home <dir>', 'where settings and jobs are kept (or SLUICE_HOME)'))
      .addOption(new Option('--json', 'print one JSON object a line'));
  const add: Add = (usage, description) => common(program.command(usage).description(description));
  common(program);

  add('get <url...>', 'Download links, and stay until they are done')
    .option('-o, --output <dir>', 'folder to save in (default: this one)')
    .option('--name <name>', 'file name (default: as the server calls it)')
    .option('--connections <n>', 'connections at most, 1 to 16 (default: as many as help)')
    .option('--limit <rate>', 'bytes per second, like 500K or 2M')
    .option('--checksum <sum>', 'what the file must match, like sha-256:…, or “auto”: from a file beside the link')
    .option('--mirror <url>', 'another link to the same file; repeatable', collect)
    .option('--start-at <time>', 'not before, like 22:30 or 2026-11-23T22:30')
    .addOption(new Option('--priority <level>', 'what starts first').choices(priorities))
    .option('--header <line>', 'request header field, like "Referer: https://…"; repeatable', collect)
    .action((urls: string[], flags: GetFlags, command: Command) =>
      choose(command, (context) => get(urls, flags, context)),
    );
  describeDatabaseCommands(add, choose);
  describeServingCommands(add, choose);
  add('host', 'Run without a desktop window, and print the link of the window in a browser')
    .option('--port <n>', 'port to listen on (default: a free one)')
    .option('--open', 'open the link in the browser')
    .action((flags: HostFlags, command: Command) => choose(command, (context) => host(flags, rendererDir, context)));
  add('list', 'Show the jobs').action((_flags: CommonFlags, command: Command) => choose(command, list));

  const jobs = (action: JobCommand, description: string) =>
    add(`${action} [id...]`, description)
      .option('--all', 'all jobs that allow it')
      .action((ids: string[], flags: JobCommandFlags, command: Command) => {
        if (ids.length === 0 && !flags.all) command.error(`error: say which jobs: their ids, or --all`);
        if (ids.length > 0 && flags.all) command.error(`error: ids and --all do not go together`);
        choose(command, (context) => jobCommand(action, ids, flags, context));
      });
  jobs('pause', 'Stop jobs and keep what has arrived');
  jobs('resume', 'Go on with paused jobs');
  jobs('retry', 'Try failed jobs again');
  jobs('cancel', 'Stop jobs for good; unfinished files go');
  jobs('remove', 'Take jobs off the list').option('--delete-file', 'delete their files too');

  add('decide', 'Choose what happens to a job that needs you')
    .argument('<id>')
    .addArgument(new Argument('<choice>', 'one of those that “list” shows').choices(attentionChoices))
    .option('--folder <dir>', 'with change-folder')
    .option('--url <url>', 'with new-link')
    .option('--user <name>', 'with login; the password is asked for')
    .option('--password-stdin', 'read the password from stdin')
    .action((id: string, choice: AttentionChoice, flags: DecideFlags, command: Command) =>
      choose(command, (context) => decide(id, choice, flags, context)),
    );
  add('priority', 'Let jobs start before or after others')
    .usage('<id...> high|normal|low [options]')
    .argument('<words...>', 'ids, then the priority')
    .action((words: string[], _flags: CommonFlags, command: Command) => {
      const level = priorities.find((one) => one === words.at(-1));
      if (!level || words.length < 2) command.error(`error: say which jobs, then ${priorities.join(', ')}`);
      else choose(command, (context) => priority(words.slice(0, -1), level, context));
    });
  add('limit <rate> [id...]', 'Limit all jobs together, one host, or jobs; “none” lifts it')
    .option('--host <name>', 'all jobs from this host together')
    .action((rate: string, ids: string[], flags: LimitFlags, command: Command) =>
      choose(command, (context) => limit(rate, ids, flags, context)),
    );
  add('schedule', 'Show or change the times that have a rule of their own')
    .addArgument(new Argument('[action]').choices(scheduleActions).default('show'))
    .option('--days <days>', 'like mon-fri, or sat,sun (default: daily)')
    .option('--from <time>', 'like 22:00')
    .option('--to <time>', 'like 06:00; before --from: on the next day')
    .option('--limit <rate>', 'bytes per second over all jobs, “none”, or “pause”')
    .action((action: (typeof scheduleActions)[number], flags: ScheduleFlags, command: Command) =>
      choose(command, (context) => schedule(action, flags, context)),
    );
  add('settings', 'Show or change the settings')
    .addArgument(new Argument('[action]').choices(settingsActions).default('show'))
    .argument('[pairs...]', 'KEY=VALUE')
    .action((action: (typeof settingsActions)[number], pairs: string[], _flags: CommonFlags, command: Command) =>
      choose(command, (context) => settings(action, pairs, context)),
    );
  add('quit', 'End the running Sluice safely').action((_flags: CommonFlags, command: Command) => choose(command, quit));
  return program;
}
