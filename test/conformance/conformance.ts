/** `npm run conformance`: the cases against Sluice and nginx; writes docs/conformance.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrograms } from '../bench/programs.ts';
import { cases } from './cases/index.ts';
import { report } from './report.ts';
import { runCases } from './run-case.ts';
import { nginx, sluice } from './subjects.ts';

const versions = ensurePrograms(['nginx']);
const results = [];
for (const start of [sluice, nginx]) {
  await using subject = await start();
  results.push({ name: subject.name, outcomes: await runCases(subject, cases) });
}
writeFileSync(join(import.meta.dirname, '../../docs/conformance.md'), report(results, versions));
for (const { name, outcomes } of results) {
  const wrong = outcomes.filter(({ fault }) => fault !== null);
  console.log(`${name}: ${outcomes.length - wrong.length} of ${outcomes.length} right`);
  for (const { case: test, fault } of wrong)
    console.log(`  ${test.id} (${test.rfc}, ${test.level}) ${test.title}: ${fault}`);
}
process.exitCode = results[0]?.outcomes.some(({ fault }) => fault !== null) ? 1 : 0;
