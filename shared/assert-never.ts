/** Ends a switch over a union: a case that is not handled is then a type error, and a crash if it ever arrives. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
