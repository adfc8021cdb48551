import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';

/**
 * The media type that a reader likes best of those there are (RFC 9110 §12.5.1): the first where it likes several as much,
 * says nothing, or likes none. Whoever takes none of them is better served with one than with a 406.
 */
export function acceptedType<const T extends string>(request: IncomingMessage, types: readonly [T, ...T[]]): T {
  const liked = new Negotiator(request).mediaType(types);
  return types.find((type) => type === liked) ?? types[0];
}
