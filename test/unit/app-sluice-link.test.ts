import { expect, it } from 'vitest';
import { unwrapSluiceLink } from '../../electron/app/index.ts';

it.each([
  ['sluice:https://a.test/x?y=1', 'https://a.test/x?y=1'],
  ['sluice://https://a.test/x', 'https://a.test/x'],
  ['sluice://https//a.test/x', 'https://a.test/x'],
  ['sluice:https%3A%2F%2Fa.test%2Fx%3Fy%3D1', 'https://a.test/x?y=1'],
  ['https://a.test/x', 'https://a.test/x'],
  // Not http or https: stays what it is, and the engine refuses the scheme
  ['sluice:file:///etc/passwd', 'sluice:file:///etc/passwd'],
  ['sluice:--output=/', 'sluice:--output=/'],
  ['sluice:%', 'sluice:%'],
])('%s → %s', (text, link) => {
  expect(unwrapSluiceLink(text)).toBe(link);
});
