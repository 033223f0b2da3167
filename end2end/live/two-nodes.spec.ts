import { PACK } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { figure } from '../harness/html';
import { Latencies } from '../harness/latencies';
import { expectArithmetic, expectExplained, Person } from '../harness/people';
import { checkout, Sandbox } from '../harness/sandbox';
import type { Server } from '../harness/server';
import { Visitor } from '../harness/visitor';
import { Watched } from '../harness/watched';

const PURCHASES = 100;
/** Well before a stream would look by itself, every fifteen seconds. */
const SHOWN_MS = 5_000;

/** One node with somebody in front of it. */
interface Node {
  server: Server;
  person: Person;
  sandbox: Sandbox;
  visitor: Visitor;
  page: Watched;
}

test('two nodes, two browsers, 100 purchases: both pages are right', async ({ home, page, browser, words }) => {
  test.setTimeout(240_000);
  const [here, there] = [await home.serve(), await home.serveBeside()];
  const { email } = await Person.signsUp(here);
  const elsewhere = await browser.newContext();
  const open = async (server: Server, visitor: Visitor, path: string): Promise<Node> => {
    const person = await Person.signsIn(server, email);
    await visitor.arrivesAs(person);
    const watched = await Watched.open(visitor.page, server.url + path, 'credits-remaining');
    return { server, person, sandbox: new Sandbox(server), visitor, page: watched };
  };
  const one = await open(here, new Visitor(page, words, here, true), '/dashboard');
  const other = await open(there, new Visitor(await elsewhere.newPage(), words, there, true), '/payments');

  const granted = ways('the answer that says it is granted → the page');
  const paid = ways('the answer that says it is paid, the rest by webhook → the page');
  let balance = await one.person.remaining();
  for (let number = 0; number < PURCHASES; number++) {
    const [buyer, beside] = number % 2 === 0 ? [one, other] : [other, one];
    const byWebhook = number % 4 >= 2;
    const { session_id: session } = await checkout(beside.person);
    const landing = await buyer.sandbox.pays(session, { webhook: byWebhook ? 'normal' : 'never' });
    balance += PACK.credits;
    if (!byWebhook) {
      const landed = await buyer.person.client.get(landing);
      expect(new Set(figure(landed.text, 'credits-remaining'))).toEqual(new Set([String(balance)]));
    }
    const answered = Date.now();
    const shown = await Promise.all([buyer, beside].map((node) => node.page.showed(balance, SHOWN_MS)));
    const [own, others] = byWebhook ? paid : granted;
    own.add(shown[0]! - answered);
    others.add(shown[1]! - answered);
  }
  console.log([...granted, ...paid].join('\n'));

  await one.visitor.sees('credits-total', balance);
  for (const { person, visitor } of [one, other]) {
    await visitor.sees('credits-remaining', balance);
    const wallet = await person.wallet();
    expect(wallet.credits.remaining).toBe(balance);
    expectArithmetic(wallet);
    const entries = await person.entries();
    expectExplained(entries, wallet);
    expect(entries.filter((entry) => entry.kind === 'grant')).toHaveLength(PURCHASES + 1);
    expect((await new Sandbox(visitor.server).book()).filter((item) => item.paid)).toHaveLength(PURCHASES);
  }
  const looked = await home.run(['credits', 'show', '--email', email]);
  expect(JSON.parse(looked.stdout).credits.remaining, looked.stderr).toBe(balance);

  // And one node is enough.
  await here.kill();
  const last = await checkout(other.person);
  await other.sandbox.pays(last.session_id);
  await other.page.showed(balance + PACK.credits, SHOWN_MS);
  const verified = await home.run(['verify']);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  await there.stop();
  await elsewhere.close();
});

/** The page of the node that was asked, and that of the other. */
function ways(what: string): [own: Latencies, others: Latencies] {
  return [new Latencies(`${what} of its own node`), new Latencies(`${what} of the other node`)];
}
