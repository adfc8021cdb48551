/**
 * How long a server still works for an export that is stopped in the middle of a long sort: SPEC as JSON, URL. Says the
 * seconds from the stop until pg_stat_activity shows nothing of it, as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createExports, type ExportSpec } from '../../electron/engine/export/index.ts';

/** Ms that the server has been sorting when it is stopped. */
const SORTS = 500;

const spec = JSON.parse(process.argv[2] ?? '') as ExportSpec;
const watcher = new Client({ connectionString: process.argv[3] });
await watcher.connect();

async function isWorking(): Promise<boolean> {
  const { rowCount } = await watcher.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'Sluice export' AND state = 'active'`,
  );
  return rowCount !== 0;
}

const exports = createExports();
const started = Promise.withResolvers<void>();
const ended = Promise.withResolvers<string>();
exports.start(spec, null, (event) => {
  if (event.kind === 'started') started.resolve();
  if (event.kind === 'ended') ended.resolve(event.outcome.kind);
});
await started.promise;
await sleep(SORTS);
if (!(await isWorking())) throw new Error('The sort was over before it could be stopped');
const began = performance.now();
exports.stop(spec.id);
while (await isWorking()) await sleep(2);
const seconds = (performance.now() - began) / 1000;
const outcome = await ended.promise;
if (outcome !== 'stopped') throw new Error(`The export ended as ${outcome}`);
console.log(JSON.stringify({ seconds }));
await watcher.end();
await exports.close();
