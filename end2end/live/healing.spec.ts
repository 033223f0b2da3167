import { expect, test } from '../harness/fixtures';
import { Visitor } from '../harness/visitor';

test('an open page heals by itself after the server was away', async ({ home, page, words }) => {
  const before = await home.serve();
  const visitor = new Visitor(page, words, before, true);
  const person = await visitor.arrivesSignedIn();
  await visitor.opens(`${before.url}/dashboard`);
  await visitor.sees('credits-remaining', 8);

  await before.stop();
  const said = await home.run(['credits', 'add', '--email', person.email, '--amount', '5', '--reason', 'meanwhile']);
  expect(said.code, said.stderr).toBe(0);
  await home.serve();
  await visitor.sees('credits-remaining', 13, 30_000);
});

test('a job that ended before the stream of its page was open is shown as ended', async ({ visitor, sandbox, page }) => {
  await visitor.arrivesSignedIn();
  await sandbox.nextJob('slow:1500');
  await visitor.choosesPhotos();
  await page.addInitScript(() => {
    // The stream opens late.
    const opened = new Promise((open) => addEventListener('open-stream', open));
    const send = window.fetch.bind(window);
    window.fetch = (what, how) => (what === '/live' ? opened.then(() => send(what, how)) : send(what, how));
    // The page has the wallet of after the job already, as when that was read last: no figure will move.
    addEventListener('DOMContentLoaded', () => {
      const { dataset } = document.documentElement;
      dataset['walletVersion'] = String(Number(dataset['walletVersion']) + 1);
    });
  });
  await visitor.button(visitor.words.tryOn.submit).click();
  await expect(page.getByTestId('job-state').first()).toHaveAttribute('data-value', /queued|running/);
  const job = page.url().split('/').at(-1);
  const state = async () => (await (await page.context().request.get(`/api/jobs/${job}`)).json()).state;
  await expect.poll(state, { timeout: 20_000 }).toBe('succeeded');
  await page.evaluate(() => dispatchEvent(new Event('open-stream')));
  await visitor.waitsForJob('succeeded');
});
