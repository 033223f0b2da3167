import { expect, test } from '../harness/fixtures';
import { eventsAbout, pays } from '../harness/stripe-checkout';
import { refusal, stripeLibrary } from '../harness/stripe-library';

test('what happens is told in events, in the words of the API version', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { session, intent, charge } = await pays(stripe, sandbox, { webhook: 'never' });
  const [completed, ...more] = await eventsAbout(stripe, session.id);
  expect(more).toEqual([]);
  expect(completed).toMatchObject({
    object: 'event',
    id: expect.stringMatching(/^evt_/),
    type: 'checkout.session.completed',
    livemode: false,
    pending_webhooks: 0,
    api_version: expect.stringMatching(/^\d{4}-\d{2}-\d{2}\.[a-z]+$/),
    data: { object: { id: session.id, status: 'complete', payment_status: 'paid', payment_intent: intent.id } },
  });
  expect(plain(await stripe.events.retrieve(completed!.id))).toEqual(plain(completed!));
  const kinds = async (id: string) => (await eventsAbout(stripe, id)).map(({ type }) => type);
  expect(await kinds(intent.id)).toEqual(['payment_intent.created', 'payment_intent.succeeded']);
  expect(await kinds(charge.id)).toContain('charge.succeeded');
});

test('an event is a picture of its moment, and does not change with its object', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  await stripe.refunds.create({ payment_intent: intent.id });
  const told = await eventsAbout(stripe, charge.id);
  const succeeded = told.find(({ type }) => type === 'charge.succeeded');
  expect(succeeded?.data.object).toMatchObject({ amount_refunded: 0, refunded: false });
  const refunded = told.find(({ type }) => type === 'charge.refunded');
  expect(refunded?.data.previous_attributes).toMatchObject({ amount_refunded: 0 });
  expect(refunded?.request).toMatchObject({ id: expect.stringMatching(/^req_/) });
});

test('events are listed by kind, by kinds, by time, and page by page', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { session } = await pays(stripe, sandbox);
  const type = 'checkout.session.completed';
  const byType = await stripe.events.list({ type, limit: 100 });
  expect(new Set(byType.data.map((event) => event.type))).toEqual(new Set([type]));
  expect(byType.data.some(({ data }) => (data.object as { id?: string }).id === session.id)).toBe(true);
  const types = [type, 'charge.succeeded'];
  const byTypes = await stripe.events.list({ types, limit: 100 });
  expect(new Set(byTypes.data.map((event) => event.type))).toEqual(new Set(types));

  const [own] = await eventsAbout(stripe, session.id);
  const sameSecond = await stripe.events.list({ created: own!.created, type });
  expect(sameSecond.data.map(({ id }) => id)).toContain(own!.id);
  expect((await stripe.events.list({ created: { gt: own!.created + 3_600 } })).data).toEqual([]);

  const older: string[] = [];
  for await (const event of stripe.events.list({ type, limit: 1, starting_after: own!.id })) {
    older.push(event.id);
    if (older.length === 3) break;
  }
  expect(older).not.toContain(own!.id);
  expect(new Set(older).size).toBe(older.length);
});

test('more than twenty kinds at once, and unknown events, are refused', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const types = Array.from({ length: 21 }, (_, place) => `kind.number_${place}`);
  expect(await refusal(stripe.events.list({ types }))).toMatchObject({
    type: 'StripeInvalidRequestError',
    param: 'types',
  });
  expect((await stripe.events.list({ types: types.slice(1) })).data).toEqual([]);
  expect(await refusal(stripe.events.retrieve('evt_nobody'))).toMatchObject({ code: 'resource_missing' });
});

function plain(event: object): object {
  const { lastResponse: _, ...rest } = { lastResponse: undefined, ...event };
  return rest;
}
