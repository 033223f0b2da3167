import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

/** The pictures the project brings for newcomers: the one place that knows their names. */
const FOLDER = resolve(import.meta.dirname, '../../public/samples');
export const SAMPLES = {
  person: join(FOLDER, 'person-ada.jpg'),
  garment: join(FOLDER, 'garment-tee.png'),
};

const MIB = 1024 * 1024;
const COLOUR = { gray: 0, rgb: 2 } as const;

/** A file as a browser would send it. */
export interface Upload {
  bytes: Uint8Array<ArrayBuffer>;
  name: string;
  type: string;
}

export function sample(which: keyof typeof SAMPLES): Upload {
  const path = SAMPLES[which];
  return {
    bytes: new Uint8Array(readFileSync(path)),
    name: basename(path),
    type: path.endsWith('.png') ? 'image/png' : 'image/jpeg',
  };
}

export const person = (): Upload => sample('person');
export const garment = (): Upload => sample('garment');

/** The form of a try-on; a file that is not given is a field that is missing. */
export function tryOnForm(files: { person?: Upload; garment?: Upload }, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, { bytes, type, name: filename }] of Object.entries(files)) {
    form.set(name, new Blob([bytes], { type }), filename);
  }
  return form;
}

export const hostile = {
  empty: (): Upload => jpeg(new Uint8Array(0)),
  text: (): Upload => jpeg(new TextEncoder().encode('This is no picture, whatever its name says.\n')),
  truncated: (): Upload => {
    const whole = pngFile(64, 64, COLOUR.rgb, 8, noise(64, 64 * 3));
    return png(whole.slice(0, whole.length / 2));
  },
  tooLarge: (): Upload => {
    const bytes = new Uint8Array(10 * MIB + 1);
    bytes.set([0xff, 0xd8, 0xff, 0xe0]);
    return jpeg(bytes);
  },
  /** A kilobyte that claims 2.5 thousand million pixels. */
  liar: (): Upload => png(pngFile(50_000, 50_000, COLOUR.rgb, 8, new Uint8Array(MIB))),
  /** Well-formed to the last byte: 48 kB on the wire, 400 million pixels in memory. */
  bomb: (): Upload => png(pngFile(20_000, 20_000, COLOUR.gray, 1, new Uint8Array(20_000 * (1 + 20_000 / 8)))),
  gif: (): Upload => ({
    bytes: new Uint8Array(Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64')),
    name: 'person.gif',
    type: 'image/gif',
  }),
};

function jpeg(bytes: Uint8Array<ArrayBuffer>): Upload {
  return { bytes, name: 'person.jpg', type: 'image/jpeg' };
}

function png(bytes: Uint8Array<ArrayBuffer>): Upload {
  return { bytes, name: 'person.png', type: 'image/png' };
}

/** Rows that do not compress, so that a file cut in half really lacks half of its picture. */
function noise(height: number, bytesInRow: number): Uint8Array {
  const rows = new Uint8Array(randomBytes(height * (1 + bytesInRow)));
  for (let row = 0; row < height; row++) rows[row * (1 + bytesInRow)] = 0;
  return rows;
}

/** A PNG file of these raw rows (each begins with its filter byte). */
function pngFile(
  width: number,
  height: number,
  colour: number,
  depth: number,
  rows: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat(parts));
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
