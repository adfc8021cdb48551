/**
 * An engine in a process of its own, to be killed: `fork(engine-process.ts, [HOME, FOLDER, hold|go])`. Calls come and
 * results go as messages; see engine-handle.ts for the other side.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngine, type Engine } from '../../electron/engine/index.ts';
import type { ConnectionDraft } from '../../shared/database.ts';
import { jumpClock } from './clock-offset.ts';
import type { Call, Leaks, Reply } from './engine-messages.ts';

const [home = '', downloadsFolder = '', how] = process.argv.slice(2);

const send = (reply: Reply) => {
  // The parent may have gone, or not want to know any more.
  process.send?.(reply, undefined, undefined, () => {});
};

/** What keeps a process alive, by kind, and its open files. Without /proc, only the former. */
function held(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (process.platform === 'linux') counts.set('file descriptors', readdirSync('/proc/self/fd').length);
  return counts;
}

/** What is held beyond `before`, once the loop had time to let go of what was closed. */
async function leaks(before: ReadonlyMap<string, number>): Promise<Leaks> {
  let more: Leaks = {};
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await sleep(50);
    more = Object.fromEntries(
      [...held()].flatMap(([kind, count]) => {
        const extra = count - (before.get(kind) ?? 0);
        return extra > 0 ? [[kind, extra]] : [];
      }),
    );
    if (Object.keys(more).length === 0) break;
  }
  return more;
}

let engine: Engine;
process.on('message', (call: Call) => {
  answer(call).then(
    (result) => send({ id: call.id, result }),
    (error: unknown) => send({ id: call.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
// The loop's own descriptors and the channel to the parent are here to stay.
await sleep(1);
const before = held();

async function answer({ method, args }: Call): Promise<unknown> {
  if (method === 'jumpClock') return jumpClock(Number(args[0]));
  if (method === 'saveConnection') return (await engine.databases.save(args[0] as ConnectionDraft)).id;
  if (method === 'close') {
    await engine.close();
    return leaks(before);
  }
  const act = engine[method] as (...args: unknown[]) => unknown;
  return act.apply(engine, [...args]);
}

try {
  engine = await openEngine({ home, downloadsFolder, autoStart: how !== 'hold' });
  send({ opened: engine.notices.map(({ code }) => code) });
} catch (error) {
  send({ refused: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
