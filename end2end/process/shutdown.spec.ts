import { expect, test } from '../harness/fixtures';
import { LiveStream } from '../harness/live';
import { Person } from '../harness/people';
import { Sandbox } from '../harness/sandbox';

const STREAMS = 100;
const STOP_LIMIT_MS = 10_000;

test('SIGTERM with a hundred open streams ends well within ten seconds', async ({ home }) => {
  const server = await home.serve();
  const person = await Person.signsUp(server);
  const streams = await Promise.all(Array.from({ length: STREAMS }, () => LiveStream.open(person.client)));
  for (const stream of streams) await stream.next('credits');

  const ends = streams.map((stream) => stream.ends());
  await server.stop(STOP_LIMIT_MS);
  await Promise.all(ends);
});

test('SIGTERM with a job in flight hands the job back, and the next server ends it', async ({ home }) => {
  const server = await home.serve();
  const person = await Person.signsUp(server);
  await new Sandbox(server).nextJob('slow:3000');
  const asked = await person.asksForTryOn();
  expect(asked.status).toBe(202);
  await server.stop(STOP_LIMIT_MS);

  const restarted = await home.serve();
  const [job] = await person.allJobsFinished();
  const used = job?.state === 'succeeded' ? 1 : 0;
  expect((await person.wallet()).credits).toMatchObject({ remaining: 8 - used, held: 0, used });
  await restarted.stop();
});

test('sessions outlive a restart', async ({ home }) => {
  const person = await Person.signsUp(await home.serve());
  await home.servers[0]?.stop();
  await home.serve();
  expect(await person.remaining()).toBe(8);
});
