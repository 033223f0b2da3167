import { inflateSync } from 'node:zlib';

/** One page of a PDF. */
export interface Paper {
  /** In points. */
  width: number;
  height: number;
  /** All words in the order they are drawn, `dense`. */
  text: string;
  /** What the words are drawn in: red, green and blue, each from 0 to 1. */
  inks: string[];
}

/**
 * Reads a PDF as Chromium writes it: objects stand uncompressed one after the other, pages in their order, and what
 * is named `F7` or `X7` is the object 7.
 */
export function pagesOf(pdf: Buffer): Paper[] {
  const objects = new Map<string, string>();
  for (const [, id = '', body = ''] of pdf.toString('latin1').matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    objects.set(id, body);
  }
  return [...objects.values()].filter((body) => /\/Type \/Page\n/.test(body)).map((body) => pageOf(body, objects));
}

/** Without what depends on the place: spaces, and letters that are drawn as one. */
export function dense(text: string): string {
  return text.replace(/\s/g, '').normalize('NFKC');
}

type Objects = Map<string, string>;

function pageOf(body: string, objects: Objects): Paper {
  const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(body) ?? [];
  const [, contents = ''] = /\/Contents (\d+) 0 R/.exec(body) ?? [];
  const inks = new Set<string>();
  const text = dense(drawn(contents, objects, '0 0 0', inks));
  return { width: Number(width), height: Number(height), text, inks: [...inks] };
}

/** What matters of drawing: words, their font and colour, and what is drawn elsewhere. */
const STEPS = new RegExp(
  [
    /\/ActualText <FEFF(?<said>[0-9A-F]*)>/,
    /<(?<codes>[0-9A-F]+)>/,
    /\/F(?<font>\d+) [\d.]+ Tf/,
    /(?<ink>[\d.]+ [\d.]+ [\d.]+) rg/,
    /\/X(?<form>\d+) Do/,
    /(?<step>\bEMC\b|^[qQ]$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

function drawn(id: string, objects: Objects, ink: string, inks: Set<string>): string {
  const before: string[] = [];
  let [text, letters, isSaid] = ['', new Map<string, string>(), false];
  for (const { groups = {} } of streamOf(id, objects).matchAll(STEPS)) {
    const { said, font, codes, form, step } = groups;
    if (said !== undefined) [text, isSaid] = [text + utf16(said), true];
    if (font !== undefined) letters = lettersOf(font, objects);
    if (codes !== undefined && !isSaid) text += spelled(codes, letters);
    if (codes !== undefined) inks.add(ink);
    if (form !== undefined) text += drawn(form, objects, ink, inks);
    if (step === 'EMC') isSaid = false;
    if (step === 'q') before.push(ink);
    ink = groups['ink'] ?? (step === 'Q' ? before.pop() : undefined) ?? ink;
  }
  return text;
}

/** What each code of a font stands for. */
function lettersOf(font: string, objects: Objects): Map<string, string> {
  const [, map = ''] = /\/ToUnicode (\d+) 0 R/.exec(objects.get(font) ?? '') ?? [];
  const letters = new Map<string, string>();
  for (const [, from = '', to = '', said = ''] of streamOf(map, objects).matchAll(/^<(\w+)> (?:<(\w+)> )?<(\w+)>$/gm)) {
    const [first, last] = [parseInt(from, 16), parseInt(to || from, 16)];
    for (let code = first; code <= last; code++) {
      const letter = (parseInt(said.slice(-4), 16) + code - first).toString(16).padStart(4, '0');
      letters.set(code.toString(16).toUpperCase().padStart(from.length, '0'), utf16(said.slice(0, -4) + letter));
    }
  }
  return letters;
}

function spelled(codes: string, letters: Map<string, string>): string {
  const [code = ''] = letters.keys();
  const each = codes.match(new RegExp(`.{${code.length || 4}}`, 'g')) ?? [];
  return each.map((one) => letters.get(one) ?? '\uFFFD').join('');
}

function utf16(hex: string): string {
  return (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(parseInt(unit, 16))).join('');
}

function streamOf(id: string, objects: Objects): string {
  const [head = '', ...rest] = (objects.get(id) ?? '').split(' stream\n');
  const bytes = Buffer.from(rest.join(' stream\n').replace(/\nendstream$/, ''), 'latin1');
  return head.includes('/FlateDecode') ? inflateSync(bytes).toString('latin1') : bytes.toString('latin1');
}
