import { expect, test } from '../harness/fixtures';
import { order } from '../harness/stripe-checkout';
import { refusal, Stripe, stripeLibrary, stripeWithoutKey } from '../harness/stripe-library';

type Wish = Stripe.Checkout.SessionCreateParams;

test('what is not there is 404 with its code, its parameter and a request id', async ({ server }) => {
  const error = await refusal(stripeLibrary(server).checkout.sessions.retrieve('cs_test_nobody'));
  expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  expect(error).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
    rawType: 'invalid_request_error',
    requestId: expect.stringMatching(/^req_/),
    doc_url: 'https://docs.stripe.com/error-codes#resource-missing',
  });
  expect(error.message).toBe("No such checkout.session: 'cs_test_nobody'");
  for (const call of [
    () => stripeLibrary(server).paymentIntents.retrieve('pi_nobody'),
    () => stripeLibrary(server).charges.retrieve('ch_nobody'),
    () => stripeLibrary(server).refunds.retrieve('re_nobody'),
    () => stripeLibrary(server).disputes.retrieve('du_nobody'),
    () => stripeLibrary(server).customers.retrieve('cus_nobody'),
  ]) {
    expect(await refusal(call())).toMatchObject({ statusCode: 404, code: 'resource_missing' });
  }
});

for (const [what, wish, code, param] of [
  ['a parameter nobody knows', { nonsense: '1' } as Wish, 'parameter_unknown', 'nonsense'],
  ['no lines', { line_items: [] }, 'parameter_missing', 'line_items'],
  ['an address that is none', { success_url: 'nowhere' }, 'url_invalid', 'success_url'],
  ['both a customer and an address', { customer: 'cus_1', customer_email: 'a@b.com' }, 'parameters_exclusive', undefined],
  ['an e-mail address that is none', { customer_email: 'nobody' }, 'email_invalid', 'customer_email'],
  ['a price that is not there', { line_items: [{ price: 'price_nobody', quantity: 1 }] }, 'resource_missing', 'line_items[0][price]'],
] as Array<[string, Wish, string, string | undefined]>) {
  test(`a session with ${what} is refused: ${code}`, async ({ server }) => {
    const error = await refusal(stripeLibrary(server).checkout.sessions.create(order(wish)));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code });
    if (param) expect(error.param).toBe(param);
  });
}

test('too little and too much money is refused', async ({ server }) => {
  const priced = (unit_amount: number) =>
    order({ line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount, product_data: { name: 'x' } } }] });
  const { sessions } = stripeLibrary(server).checkout;
  expect(await refusal(sessions.create(priced(49)))).toMatchObject({ code: 'amount_too_small' });
  expect(await refusal(sessions.create(priced(100_000_000)))).toMatchObject({ code: 'amount_too_large' });
  expect(await refusal(sessions.create(priced(-1)))).toMatchObject({ statusCode: 400 });
  expect((await sessions.create(priced(50))).amount_total).toBe(50);
});

test('a key that is no secret key is 401', async ({ server }) => {
  for (const key of ['pk_test_public', 'nonsense']) {
    const error = await refusal(stripeLibrary(server, key).customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(error.statusCode).toBe(401);
    expect(error.message).not.toContain(key);
  }
  expect((await stripeLibrary(server, 'rk_test_restricted').customers.list()).object).toBe('list');
});

test('a call without any key is 401', async ({ server }) => {
  const error = await refusal(stripeWithoutKey(server).customers.list());
  expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  expect(error.message).toContain('You did not provide an API key');
});

test('an address that is not played is said in the same shape', async ({ server }) => {
  const error = await refusal(stripeLibrary(server).rawRequest('GET', '/v1/terminal/readers'));
  expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 404 });
  expect(error.message).toContain('Unrecognized request URL');
});
