/** What the conformance runs say, as Markdown. */
import { summary } from './judge.ts';
import type { Level } from './case.ts';
import type { Outcome } from './run-case.ts';

interface Result {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

const levels: readonly Level[] = ['must', 'should', 'choice'];
const cell = (text: string) => text.replace(/\|/g, '\\|');

export function report(results: readonly Result[], versions: Readonly<Record<string, string>>): string {
  const [first] = results;
  const total = first?.outcomes.length ?? 0;
  const lines = [
    '# Conformance of the share server',
    '',
    `Written by \`npm run conformance\`: ${total} exchanges over raw sockets (test/conformance/), the same for every server.`,
    'The Sluice part runs with every `npm test`. _must_: the RFC requires it. _should_: the RFC recommends it, or common',
    'sense against hostile requests does. _choice_: the RFC leaves it open; what Sluice does, and why, is in',
    '[sharing.md](sharing.md).',
    '',
    `nginx is ${versions['nginx']}, as Debian packages it, with \`sendfile on\` and nothing else set.`,
    '',
    `| | ${results.map(({ name }) => `${name} right`).join(' | ')} | of |`,
    `|---|${results.map(() => '---').join('|')}|---|`,
  ];
  for (const level of levels) {
    const counts = results.map(
      ({ outcomes }) => outcomes.filter((one) => one.case.level === level && one.fault === null).length,
    );
    const of = first?.outcomes.filter((one) => one.case.level === level).length ?? 0;
    lines.push(`| ${level} | ${counts.join(' | ')} | ${of} |`);
  }
  lines.push('', '## Where they differ', '');
  lines.push(`| case | section | level | ${results.map(({ name }) => name).join(' | ')} | why |`);
  lines.push(`|---|---|---|${results.map(() => '---').join('|')}|---|`);
  for (const [index, { case: test }] of (first?.outcomes ?? []).entries()) {
    const all = results.flatMap(({ outcomes }) => outcomes[index] ?? []);
    if (all.every(({ fault }) => fault === null)) continue;
    const answers = all.map(({ conversation, fault }) => {
      const short = summary(conversation);
      return cell(fault === null ? short : `**${short}** (${fault})`);
    });
    lines.push(
      `| ${cell(test.title)} | ${test.rfc} | ${test.level} | ${answers.join(' | ')} | ${cell(test.why ?? '')} |`,
    );
  }
  lines.push('', '## All cases', '', '| id | section | level | case | Sluice |', '|---|---|---|---|---|');
  for (const { case: test, conversation } of first?.outcomes ?? []) {
    lines.push(
      `| ${test.id} | ${test.rfc} | ${test.level} | ${cell(test.title)} | ${cell(summary(conversation).slice(0, 80))} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}
