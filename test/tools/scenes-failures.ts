/** What can go wrong with a database: on the way to it, and while rows are written. Each failure a person can meet. */
import { choicesFor } from '../../electron/engine/jobs/attention.ts';
import { failure, sentence, type FailureCode, type FailureParams } from '../../shared/failure.ts';
import { databaseEngine } from '../component/database-samples.ts';
import { Refusal, type EngineDouble } from '../component/engine-double.ts';
import { mixedDetail, sampleExport } from '../component/export-samples.ts';
import { sampleNow } from '../component/samples.ts';
import { button, row, type Scene } from './stage.ts';

const host = 'db.shop.example';

/** What a test of a connection may end with. */
const connecting: readonly (readonly [FailureCode, FailureParams])[] = [
  ['host-not-found', { host }],
  ['connection-refused', { host }],
  ['connection-timed-out', { host }],
  ['tls-failed', { host, detail: 'the certificate has expired' }],
  [
    'database-untrusted',
    { host, reason: 'its authority is not known', subject: host, issuer: 'Shop CA', fingerprint: '3A:5F:0C:91:7E:22' },
  ],
  ['no-such-database', { host, database: 'shopp' }],
  ['no-permission', { user: 'ada', detail: 'permission denied for database "shop"' }],
  ['database-busy', { host, detail: 'sorry, too many clients already' }],
  ['ssh-host-unknown', { host: 'bastion.example', fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrDxeIJ2nG9bfWkgSQ6S6wKs' }],
  ['ssh-failed', { host: 'bastion.example', detail: 'it refused the key' }],
];

const connectionScenes = connecting.map(([code, params]): Scene => ({
  name: `connection-${code}`,
  height: 860,
  pictured: true,
  engine: () => {
    const engine = databaseEngine();
    engine.database.test = async () => {
      throw new Refusal(code, params);
    };
    return engine;
  },
  act: async ({ page }) => {
    await button(page, /^Connections/).click();
    await button(page, 'More for Research warehouse').click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Test' }).click();
    await page.getByText(sentence(code, params).what).waitFor();
  },
}));

/** An export that stopped so, as the engine would leave it: it asks, has failed, or waits to try again. */
function stopped(code: FailureCode, params: FailureParams, how: 'asks' | 'fails' | 'waits') {
  const why = failure(code, params);
  return sampleExport({
    id: code,
    name: 'orders.csv',
    rows: 493_200,
    done: 81_400_000,
    expected: { rows: 1_204_332, exact: false },
    state:
      how === 'fails'
        ? { kind: 'failed', failure: why }
        : how === 'asks'
          ? { kind: 'attention', failure: why, choices: choicesFor(code) }
          : { kind: 'waiting', reason: 'retry', until: sampleNow + 8000, attempt: 2, failure: why },
  });
}

const exporting = [
  stopped('query-failed', { rows: 493_200, detail: 'division by zero', hint: '' }, 'asks'),
  stopped('query-timed-out', { detail: 'canceling statement due to statement timeout' }, 'asks'),
  stopped('query-cancelled', {}, 'asks'),
  stopped('database-lost', { host, detail: 'terminating connection due to administrator command' }, 'waits'),
  stopped('database-full', { host, detail: 'could not write to file: No space left on device' }, 'asks'),
  stopped('disk-full', { folder: '/home/ada/Downloads', free: '1.2 GB', needed: '3 GB' }, 'asks'),
  stopped('columns-changed', { detail: 'total is numeric, and was integer' }, 'asks'),
  stopped('part-missing', { part: 'orders.csv.sluice' }, 'asks'),
  stopped('too-large-for-format', { format: 'Excel', detail: 'a text of 41,207 characters' }, 'fails'),
  stopped('no-permission', { user: 'ada', detail: 'permission denied for table orders' }, 'fails'),
];

function exportEngine(job: ReturnType<typeof sampleExport>): EngineDouble {
  const engine = databaseEngine({ jobs: [job] });
  engine.detail = (id) => mixedDetail(engine.job(id));
  return engine;
}

function exportScene(name: string, job: ReturnType<typeof sampleExport>): Scene {
  return {
    name,
    height: 640,
    pictured: true,
    engine: () => exportEngine(job),
    act: async ({ page }) => {
      await row(page, /^orders/).click();
      await page.keyboard.press('Enter');
      await page.getByRole('tablist').waitFor();
    },
  };
}

export const failureScenes: readonly Scene[] = [
  ...connectionScenes,
  ...exporting.map((job) => exportScene(`export-${job.id}`, job)),
  exportScene(
    'export-newer-snapshot',
    sampleExport({
      id: 'newer',
      name: 'orders.csv',
      rows: 1_204_332,
      done: 201_400_000,
      newerSnapshot: true,
      state: { kind: 'completed', at: sampleNow - 60_000, proof: 'unverified' },
    }),
  ),
];
