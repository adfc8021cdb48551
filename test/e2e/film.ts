/** A small film whose pictures tell their number, made by the browser that plays it: no file has to be kept for it. */
import { expect, type Browser, type Page } from '@playwright/test';

/** Seconds. */
export const filmLength = 60;

/** A picture stands for so many seconds, in this many frames a second: about 10 MB in all. */
const [stands, rate] = [5, 2];
const [width, height] = [480, 270];

/** The number of the picture that stands at a time. */
const pictureAt = (seconds: number): number => Math.floor(seconds / stands);

/** Draws the pictures (noise, so that they take room; in the corner a grey that tells the number) and packs them as WebM. */
export async function makeFilm(browser: Browser): Promise<Buffer> {
  const page = await browser.newPage();
  try {
    const drawn = await page.evaluate(drawPictures, { width, height, count: filmLength / stands });
    const pictures = drawn.map((base64) => vp8FrameOf(Buffer.from(base64, 'base64')));
    return webm(pictures.flatMap((picture) => Array<Buffer>(stands * rate).fill(picture)));
  } finally {
    await page.close();
  }
}

function drawPictures({ width, height, count }: { width: number; height: number; count: number }): string[] {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('No canvas');
  const noise = context.createImageData(width, height);
  for (let i = 0; i < noise.data.length; i += 65_536) {
    crypto.getRandomValues(noise.data.subarray(i, Math.min(noise.data.length, i + 65_536)));
  }
  return Array.from({ length: count }, (_, number) => {
    context.putImageData(noise, 0, 0);
    const grey = number * 20;
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(0, 0, 64, 64);
    return canvas.toDataURL('image/webp', 0.8).replace(/^.*,/, '');
  });
}

/** The number of the picture that a `<video>` shows. */
function pictureShown(page: Page): Promise<number> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => {
    const context = document.createElement('canvas').getContext('2d');
    context?.drawImage(video, 0, 0);
    return Math.round((context?.getImageData(32, 32, 1, 1).data[0] ?? -1) / 20);
  });
}

/** Seeks as a hand on the bar does, to the picture that belongs there (it is painted a moment after `seeked`). */
export async function seekToPicture(page: Page, seconds: number): Promise<void> {
  await page.locator('video').evaluate(async (video: HTMLVideoElement, seconds) => {
    video.pause();
    await new Promise((resolve, reject) => {
      video.addEventListener('seeked', resolve, { once: true });
      video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
      video.currentTime = seconds;
    });
  }, seconds);
  await expect.poll(() => pictureShown(page), { message: `at ${seconds} s` }).toBe(pictureAt(seconds));
}

/** Plays until some of it was shown. */
export async function play(page: Page): Promise<void> {
  await page.locator('video').evaluate(async (video: HTMLVideoElement) => {
    video.muted = true;
    const moved = new Promise<void>((resolve) => {
      const begin = video.currentTime;
      video.addEventListener('timeupdate', () => video.currentTime > begin && resolve());
    });
    await video.play();
    await moved;
  });
}

/** A lossy WebP picture is one key frame of VP8 in a RIFF file (RFC 9649, 2.5). */
function vp8FrameOf(webp: Buffer): Buffer {
  for (let at = 12; at < webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') return webp.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size % 2);
  }
  throw new Error('Not a lossy WebP');
}

/** Key frames as WebM (RFC 9559) with its index at the end, where recorders put it. */
function webm(frames: readonly Buffer[]): Buffer {
  const header = element('1a45dfa3', [
    element('4286', number(1)),
    element('42f7', number(1)),
    element('42f2', number(4)),
    element('42f3', number(8)),
    element('4282', text('webm')),
    element('4287', number(4)),
    element('4285', number(2)),
  ]);
  const duration = Buffer.alloc(8);
  duration.writeDoubleBE((frames.length / rate) * 1000);
  const info = element('1549a966', [
    element('2ad7b1', number(1_000_000)),
    element('4489', duration),
    element('4d80', text('Sluice')),
    element('5741', text('Sluice')),
  ]);
  const video = element('e0', [element('b0', number(width)), element('ba', number(height))]);
  const track = [
    element('d7', number(1)),
    element('73c5', number(1)),
    element('83', number(1)),
    element('86', text('V_VP8')),
    // Nanoseconds a frame: players need not read megabytes to find that out.
    element('23e383', number(1e9 / rate)),
    video,
  ];
  const tracks = element('1654ae6b', element('ae', track));
  const clusters = frames.map((frame, i) =>
    element('1f43b675', [
      element('e7', number((i / rate) * 1000)),
      element('a3', [Buffer.from([0x81, 0, 0, 0x80]), frame]),
    ]),
  );

  // Positions count from the segment's first byte; every number takes eight bytes, so that sizes are known before them.
  const seekHead = (places: readonly (readonly [string, number])[]) =>
    element(
      '114d9b74',
      places.map(([id, at]) => element('4dbb', [element('53ab', Buffer.from(id, 'hex')), element('53ac', number(at))])),
    );
  const ids = ['1549a966', '1654ae6b', '1c53bb6b'] as const;
  const infoAt = seekHead(ids.map((id) => [id, 0])).length;
  const tracksAt = infoAt + info.length;
  let at = tracksAt + tracks.length;
  const cues = element(
    '1c53bb6b',
    clusters.map((cluster, i) => {
      const place = [element('f7', number(1)), element('f1', number(at))];
      at += cluster.length;
      return element('bb', [element('b3', number((i / rate) * 1000)), element('b7', place)]);
    }),
  );
  const head = seekHead([
    [ids[0], infoAt],
    [ids[1], tracksAt],
    [ids[2], at],
  ]);
  return Buffer.concat([header, element('18538067', [head, info, tracks, ...clusters, cues])]);
}

/** An EBML element (RFC 8794): its id, its length in eight bytes, its content. */
function element(id: string, content: Buffer | readonly Buffer[]): Buffer {
  const body = Buffer.isBuffer(content) ? content : Buffer.concat(content);
  const length = number(body.length);
  length[0] = 1;
  return Buffer.concat([Buffer.from(id, 'hex'), length, body]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
