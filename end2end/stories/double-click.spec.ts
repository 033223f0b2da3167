import { expect, test } from '../harness/fixtures';

test('a double click on the try-on button runs one job', async ({ visitor }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesPhotos();
  await visitor.button(visitor.words.tryOn.submit).dblclick();
  await visitor.waitsForJob('succeeded');

  expect(await person.allJobsFinished()).toHaveLength(1);
  expect(await person.remaining()).toBe(7);
});

test('a double click on the buy button makes one checkout', async ({ visitor }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await visitor.button(visitor.words.payments.buyCreditsPack).dblclick();
  await visitor.isAtTheProvider();

  expect(await person.recharges()).toHaveLength(1);
});
