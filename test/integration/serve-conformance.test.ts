/** The share server against every case of test/conformance/, each over a raw socket. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cases } from '../conformance/cases/index.ts';
import { runCases, type Subject } from '../conformance/run-case.ts';
import { sluice } from '../conformance/subjects.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await sluice();
});
afterAll(() => subject[Symbol.asyncDispose]());

test('there are at least 200 cases, each with a name of its own', () => {
  expect(cases.length).toBeGreaterThanOrEqual(200);
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
});

test.each(cases.map((one) => [one.id, one.rfc, one.title, one] as const))(
  '%s (%s) %s',
  async (_id, _rfc, _title, one) => {
    const [outcome] = await runCases(subject, [one]);
    expect(outcome?.fault).toBeNull();
  },
);
