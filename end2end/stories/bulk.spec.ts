import { INITIAL_CREDITS } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { Person } from '../harness/people';

const GIFT = 25;

test('an operator looks at a table, mends it, applies it once and undoes it', async ({ visitor, server, admin, page }) => {
  const { bulk } = visitor.words;
  const person = await Person.signsUp(server);
  await visitor.arrivesAs(admin);
  await visitor.opens('/admin/bulk');
  const row = `${person.email},add,${GIFT},"spring, a gift"`;
  const table = (head: string, more = '') => `${head}\n${row}${more}\nnobody@example.com,add,1,spring${more}\n`;

  const broken = table('email,action,amount,reason,note', ',x');
  await page.getByLabel(bulk.rows).fill(broken);
  await visitor.button(bulk.look).click();
  await visitor.reads(bulk.unreadable);
  await expect(page.getByLabel(bulk.rows)).toHaveValue(broken);

  const buffer = Buffer.from(`\uFEFF${table('email,action,amount,reason')}`);
  await page.getByLabel(bulk.file).setInputFiles({ name: 'gifts.csv', mimeType: 'text/csv', buffer });
  await visitor.button(bulk.look).click();
  await expect(page).toHaveURL(/\/admin\/bulk\/[0-9a-f-]{36}$/);
  await visitor.reads(`${INITIAL_CREDITS} → ${INITIAL_CREDITS + GIFT}`);
  await visitor.reads(bulk.noAccount);
  expect(await person.remaining()).toBe(INITIAL_CREDITS);

  await visitor.button(bulk.apply).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(bulk.applied);
  await expect(visitor.button(bulk.apply)).toHaveCount(0);
  expect(await person.remaining()).toBe(INITIAL_CREDITS + GIFT);

  await visitor.form(bulk.undo).getByLabel(bulk.reason).fill('a mistake');
  await visitor.button(bulk.undo).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(bulk.undone);
  expect(await person.remaining()).toBe(INITIAL_CREDITS);
});
