import { expect, test } from '../harness/fixtures';
import { type Received, Receiver } from '../harness/receiver';
import { Sandbox } from '../harness/sandbox';
import { pays } from '../harness/stripe-checkout';
import { refusal, Stripe, stripeLibrary } from '../harness/stripe-library';

const { webhooks } = Stripe;
const COMPLETED = 'checkout.session.completed';

const signatureOf = ({ headers }: Received): string => String(headers['stripe-signature']);
const tells =
  (text: string) =>
  ({ body }: Received): boolean =>
    String(body).includes(text);

test('what the sandbox sends to an endpoint of ours, the library takes', async ({ home }) => {
  const [server, receiver] = [await home.serve(), await Receiver.open()];
  const stripe = stripeLibrary(server);
  const made = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: [COMPLETED] });
  expect(made).toMatchObject({
    object: 'webhook_endpoint',
    id: expect.stringMatching(/^we_/),
    status: 'enabled',
    url: receiver.url,
    enabled_events: [COMPLETED],
    secret: expect.stringMatching(/^whsec_/),
  });
  const { session } = await pays(stripe, new Sandbox(server));
  const came = await receiver.comes('the webhook', tells(session.id));
  const event = webhooks.constructEvent(came.body, signatureOf(came), made.secret!);
  expect(event).toMatchObject({ type: COMPLETED, pending_webhooks: 2, data: { object: { id: session.id } } });
  expect(came.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
  expect(came.headers['user-agent']).toContain('Stripe/1.0');
  // The same event is in the API's list, to the letter of its object.
  const listed = await stripe.events.retrieve(event.id);
  expect(listed.data.object).toEqual(event.data.object);
  // Every endpoint has a secret of its own.
  expect(() => webhooks.constructEvent(came.body, signatureOf(came), 'whsec_other')).toThrow(/signature/);
  await receiver.close();
});

test('an endpoint hears of what it asked for, as often as the sandbox is told to say it', async ({ home }) => {
  const [server, receiver] = [await home.serve(), await Receiver.open()];
  const stripe = stripeLibrary(server);
  const { secret } = await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['charge.refunded', COMPLETED],
  });
  const { intent, session } = await pays(stripe, new Sandbox(server), { webhook: 'duplicate:3' });
  await expect.poll(() => receiver.received.filter(tells(session.id)).length).toBe(3);
  await stripe.refunds.create({ payment_intent: intent.id });
  await receiver.comes('the refund', tells('"charge.refunded"'));
  const events = receiver.received.map((came) => webhooks.constructEvent(came.body, signatureOf(came), secret!));
  expect(events.map(({ type }) => type).sort()).toEqual(['charge.refunded', COMPLETED, COMPLETED, COMPLETED]);
  // Sent three times, it is one event.
  expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  await receiver.close();
});

test('endpoints are listed with the own one, changed, and silent when they are off', async ({ home }) => {
  const [server, receiver] = [await home.serve(), await Receiver.open()];
  const stripe = stripeLibrary(server);
  const [own, ...none] = (await stripe.webhookEndpoints.list()).data;
  expect(none).toEqual([]);
  expect(own).toMatchObject({ status: 'enabled', url: `${server.url}/api/v1/webhooks/stripe` });
  expect(own).not.toHaveProperty('secret');

  const { id } = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
  const changed = await stripe.webhookEndpoints.update(id, { disabled: true, description: 'off', metadata: { a: '1' } });
  expect(changed).toMatchObject({ status: 'disabled', description: 'off', metadata: { a: '1' }, enabled_events: ['*'] });
  expect(await stripe.webhookEndpoints.retrieve(id)).not.toHaveProperty('secret');
  await pays(stripe, new Sandbox(server), { webhook: 'before_redirect' });
  // What the site makes at its start, the prices of its plans, may have come before.
  const told = () => receiver.received.map(({ body }) => JSON.parse(String(body)).type);
  expect(told()).not.toContain(COMPLETED);

  const on = await stripe.webhookEndpoints.update(id, { disabled: false });
  expect(on.status).toBe('enabled');
  await pays(stripe, new Sandbox(server), { webhook: 'before_redirect' });
  // The payer was sent on when all was delivered.
  expect(told()).toContain(COMPLETED);
  const listed = await stripe.webhookEndpoints.list();
  expect(listed.data.map((endpoint) => endpoint.id)).toEqual([id, own!.id]);
  await receiver.close();
});

test('an endpoint that is none is refused', async ({ server }) => {
  const { webhookEndpoints } = stripeLibrary(server);
  const without = await refusal(webhookEndpoints.create({ url: 'https://a.example', enabled_events: [] }));
  expect(without).toMatchObject({ code: 'parameter_missing', param: 'enabled_events' });
  const nowhere = await refusal(webhookEndpoints.create({ url: 'nowhere', enabled_events: ['*'] }));
  expect(nowhere).toMatchObject({ code: 'url_invalid', param: 'url' });
  expect(await refusal(webhookEndpoints.retrieve('we_nobody'))).toMatchObject({ code: 'resource_missing' });
});
