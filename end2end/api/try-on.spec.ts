import { Client } from '../harness/client';
import type { Job } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { formWith } from '../harness/html';
import { expectArithmetic, expectExplained, Person } from '../harness/people';
import { garment, person as personPhoto, tryOnForm } from '../harness/pictures';
import { Sandbox } from '../harness/sandbox';

const UNFINISHED_LIMIT = 20;

test('a try-on is accepted, paid when it succeeds, and its picture is the owner’s alone', async ({
  person,
  server,
}) => {
  const accepted = (await person.asksForTryOn()).being<Job>(202);
  expect(accepted).toMatchObject({
    id: expect.any(String),
    tool: 'try_on',
    cancel_requested: false,
    paid_by: 'credits',
    cost: 1,
    error: null,
  });
  const job = await person.finished(accepted.id);
  expect(job).toMatchObject({ state: 'succeeded', progress: 100, finished_at: expect.any(String), error: null });
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 7, held: 0, used: 1 });
  expect(wallet.remaining_uses.try_on).toBe(10);
  expectExplained(await person.entries(), wallet);

  for (const url of [job.result_url ?? '', `/api/jobs/${job.id}/result`]) {
    const result = await person.client.get(url);
    expect(result.status).toBe(200);
    expect(result.headers.get('content-type')).toMatch(/^image\/(png|jpeg|webp)/);
    expect(result.bytes.length).toBeGreaterThan(1000);
    expect(Buffer.from(result.bytes).equals(personPhoto().bytes), 'not just the photo again').toBe(false);
  }

  const other = await Person.signsUp(server);
  (await other.client.get(`/api/jobs/${job.id}`)).problem(404, 'not_found');
  (await other.client.get(`/api/jobs/${job.id}/result`)).problem(404, 'not_found');
  (await other.client.post(`/api/jobs/${job.id}/cancel`)).problem(404, 'not_found');
  (await other.client.delete(`/api/jobs/${job.id}`)).problem(404, 'not_found');
  (await new Client(server.url).get(`/api/jobs/${job.id}/result`)).problem(401, 'unauthenticated');

  (await person.client.post(`/api/jobs/${job.id}/cancel`)).problem(409, 'conflict');
  expect(await person.jobs()).toMatchObject([{ id: job.id, state: 'succeeded', paid_by: 'credits', cost: 1 }]);
  expect((await person.client.delete(`/api/jobs/${job.id}`)).status).toBeLessThan(300);
  (await person.client.get(`/api/jobs/${job.id}`)).problem(404, 'not_found');
  expect(await person.remaining(), 'deleting a picture is no refund').toBe(7);
});

test('credits pay first, then trials', async ({ person, admin }) => {
  await admin.setsCredits(person, 1);
  const paidBy = [];
  for (let job = 1; job <= 4; job++) paidBy.push(await person.triesOn());
  expect(paidBy.map(({ paid_by, cost }) => [paid_by, cost])).toEqual([
    ['credits', 1],
    ['trial', 0],
    ['trial', 0],
    ['trial', 0],
  ]);
  const { credits, trials, remaining_uses } = await person.wallet();
  expect(credits.remaining).toBe(0);
  expect(trials).toEqual({ limit: 3, used: 3, held: 0, remaining: 0 });
  expect(remaining_uses.try_on).toBe(0);
});

test('one credit left and fifty requests at once: one for the credit, three trials, the rest refused', async ({
  person,
  admin,
}) => {
  await admin.setsCredits(person, 1);
  const answers = await Promise.all(Array.from({ length: 50 }, () => person.asksForTryOn()));

  const accepted = answers.filter(({ status }) => status === 202).map((answer) => answer.json<Job>().paid_by);
  expect(accepted.sort()).toEqual(['credits', 'trial', 'trial', 'trial']);
  for (const refused of answers.filter(({ status }) => status !== 202)) {
    const problem = refused.problem(402, 'insufficient_credits');
    expect(problem).toMatchObject({
      required: 1,
      remaining: 0,
      buy_url: expect.stringContaining('/payments'),
      detail: 'No remaining quota. Please purchase a Credits Pack.',
    });
  }
  expect(await person.allJobsFinished()).toHaveLength(4);
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 0, held: 0, used: 1 });
  expect(wallet.trials).toMatchObject({ used: 3, held: 0 });
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
});

test('a failed job gives the credit back, once', async ({ person, sandbox }) => {
  await sandbox.nextJob('fail:PoseError');
  const job = await person.triesOn();
  expect(job).toMatchObject({ state: 'failed', result_url: null, error: { code: expect.any(String) } });
  const entries = await person.entries();
  expect(entries.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['grant', 8],
    ['hold', -1],
    ['release', 1],
  ]);
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 8, held: 0, used: 0 });
  (await person.client.get(`/api/jobs/${job.id}/result`)).problem(404, 'not_found');
});

test('a failed job gives a trial back, once', async ({ person, admin, sandbox }) => {
  await admin.setsCredits(person, 0);
  await sandbox.nextJob('fail:PoseError');
  expect(await person.triesOn()).toMatchObject({ state: 'failed', paid_by: 'trial', cost: 0 });
  expect((await person.wallet()).trials).toEqual({ limit: 3, used: 0, held: 0, remaining: 3 });
});

for (const outcome of ['no_callback', 'duplicate_callback', 'forged_callback', 'unavailable']) {
  test(`whatever the provider does (${outcome}), one job is one credit or none`, async ({ person, sandbox }) => {
    await sandbox.nextJob(outcome);
    const asked = await person.asksForTryOn();
    if (asked.status === 503) asked.problem(503, 'provider_unavailable');
    const jobs = await person.allJobsFinished();
    const paid = jobs.filter(({ state }) => state === 'succeeded').length;
    const wallet = await person.wallet();
    expect(wallet.credits).toMatchObject({ remaining: 8 - paid, held: 0, used: paid });
    expectArithmetic(wallet);
    expectExplained(await person.entries(), wallet);
  });
}

test('a job that is waiting can be cancelled, or ends as the provider says', async ({ person, sandbox }) => {
  await sandbox.nextJob('slow:1500');
  const { id } = (await person.asksForTryOn()).being<Job>(202);
  const cancel = await person.client.post(`/api/jobs/${id}/cancel`);
  expect(cancel.status).toBeLessThan(300);
  const job = await person.finished(id);
  const used = job.state === 'succeeded' ? 1 : 0;
  expect((await person.wallet()).credits).toMatchObject({ remaining: 8 - used, held: 0, used });
});

test('nobody has more than twenty unfinished jobs', async ({ home }) => {
  const server = await home.serve();
  const [person, admin, sandbox] = [await Person.signsUp(server), await Person.admin(server), new Sandbox(server)];
  await admin.setsCredits(person, 40);
  // None of them ends while the test looks.
  for (let job = 0; job < UNFINISHED_LIMIT; job++) await sandbox.nextJob('slow:600000');

  const answers = await Promise.all(Array.from({ length: UNFINISHED_LIMIT + 10 }, () => person.asksForTryOn()));
  const refused = answers.filter(({ status }) => status !== 202);
  expect(answers.length - refused.length).toBe(UNFINISHED_LIMIT);
  for (const answer of refused) answer.problem(429, 'too_many_jobs');
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 40 - UNFINISHED_LIMIT, held: UNFINISHED_LIMIT, used: 0 });
  expectExplained(await person.entries(), wallet);
});

test('the form’s hidden key makes a second sending the same job', async ({ person }) => {
  const page = await person.client.get('/try-on');
  const { action, hidden } = formWith(page.text, 'garment', '/try-on');
  expect(Object.keys(hidden).length, 'the form carries a one-time key').toBeGreaterThan(0);
  const send = () => person.client.upload(action, tryOnForm({ person: personPhoto(), garment: garment() }, hidden));

  const answers = await Promise.all([send(), send()]);
  for (const answer of answers) expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(400);
  expect(await person.allJobsFinished()).toHaveLength(1);
  expect(await person.remaining()).toBe(7);
});
