/** What must never come out came out. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
