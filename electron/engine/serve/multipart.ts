/** `multipart/byteranges` (RFC 9110 §14.6) as a plan: texts and ranges in the order in which they are sent. */
import type { ByteRange } from './ranges.ts';

export interface MultipartPlan {
  readonly contentType: string;
  /** Bytes of the whole body. */
  readonly length: number;
  readonly pieces: readonly (string | ByteRange)[];
}

/**
 * Plans the body for several ranges of a representation.
 * @param boundary has to be one that the content cannot guess: random
 */
export function planMultipart(
  ranges: readonly ByteRange[],
  size: number,
  mediaType: string,
  boundary: string,
): MultipartPlan {
  const pieces: (string | ByteRange)[] = [];
  let length = 0;
  const text = (piece: string) => {
    pieces.push(piece);
    length += Buffer.byteLength(piece, 'latin1');
  };
  ranges.forEach(({ start, end }, index) => {
    const opening = `${index === 0 ? '' : '\r\n'}--${boundary}`;
    text(`${opening}\r\nContent-Type: ${mediaType}\r\nContent-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n`);
    pieces.push({ start, end });
    length += end - start;
  });
  text(`\r\n--${boundary}--\r\n`);
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, pieces };
}
