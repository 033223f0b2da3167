import type { Answer } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { garment, hostile, person as personPhoto, tryOnForm, type Upload } from '../harness/pictures';

/** A picture is refused for its content, or for its kind where the content shows no kind we take. */
const REFUSALS: [what: string, file: () => Upload, codes: string[]][] = [
  ['zero bytes', hostile.empty, ['422 bad_image', '422 validation', '415 unsupported_media']],
  ['text named .jpg', hostile.text, ['422 bad_image', '415 unsupported_media']],
  ['a truncated PNG', hostile.truncated, ['422 bad_image']],
  ['more than 10 MB', hostile.tooLarge, ['413 payload_too_large']],
  ['a PNG that claims 50000 × 50000', hostile.liar, ['422 bad_image']],
  ['a decompression bomb', hostile.bomb, ['422 bad_image']],
  ['a GIF', hostile.gif, ['415 unsupported_media']],
];

for (const [what, file, codes] of REFUSALS) {
  test(`${what} is refused as either photo, and nothing is charged`, async ({ person }) => {
    const before = await person.wallet();
    const asPerson = await person.client.upload('/api/try-on', tryOnForm({ person: file(), garment: garment() }));
    const asGarment = await person.client.upload('/api/try-on', tryOnForm({ person: personPhoto(), garment: file() }));
    for (const answer of [asPerson, asGarment]) expect(codes).toContain(refusal(answer));
    expect(await person.wallet()).toEqual(before);
    expect(await person.jobs()).toEqual([]);
  });
}

test('a missing photo is named', async ({ person }) => {
  const before = await person.wallet();
  const without = {
    garment: await person.client.upload('/api/try-on', tryOnForm({ person: personPhoto() })),
    person: await person.client.upload('/api/try-on', tryOnForm({ garment: garment() })),
  };
  for (const [field, answer] of Object.entries(without)) {
    expect(answer.problem(422, 'validation').errors).toHaveProperty(field);
  }
  const category = tryOnForm({ person: personPhoto(), garment: garment() }, { category: 'hats' });
  const problem = (await person.client.upload('/api/try-on', category)).problem(422, 'validation');
  expect(problem.errors).toHaveProperty('category');
  expect(await person.wallet()).toEqual(before);
});

test('what is no form with files is refused', async ({ person }) => {
  const before = await person.wallet();
  (await person.client.post('/api/try-on', { person: 'x', garment: 'y' })).problem(415, 'unsupported_media');
  (await person.client.postForm('/api/try-on', { person: 'x' })).problem(415, 'unsupported_media');
  const broken = { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b\r\nno end' };
  const answer = await person.client.send('POST', '/api/try-on', broken);
  expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(await person.wallet()).toEqual(before);
});

test('what is no JSON is refused', async ({ person }) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await person.client.send('POST', '/api/checkout', { headers, body: '{"item":' });
  answer.problem(422, 'validation');
});

function refusal(answer: Answer): string {
  const { code } = answer.json<{ code: string }>();
  answer.problem(answer.status, code);
  return `${answer.status} ${code}`;
}
