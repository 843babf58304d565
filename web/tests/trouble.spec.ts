import { expect, test } from '@playwright/test';

import { OPERATOR, useDesk } from './desk';

const desk = useDesk();

test('a reply without a connection is not lost and not sent twice', async ({ page, context }) => {
  const display = await desk.letter({ from: 'anna@example.org', subject: 'In a tunnel' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('Sent from a train.');
  await context.setOffline(true);
  await page.getByRole('button', { name: /^Send to/ }).click();
  await expect(page.getByRole('alert')).toHaveText('That did not work: no connection');
  await expect(page.getByLabel('Reply text')).toHaveValue('Sent from a train.');

  await context.setOffline(false);
  await page.getByRole('button', { name: /^Send to/ }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Sent from a train.' })).toContainText(
    'delivered to'
  );
  await expect(page.getByRole('status')).toHaveText('live');
  expect(desk.smarthost.letters.filter((letter) => letter.includes('Sent from a train.'))).toHaveLength(1);
});

test('an answer that was lost on its way does not make a second reply', async ({ page }) => {
  const display = await desk.letter({ from: 'boris@example.org', subject: 'Lost answer' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('Only once, please.');
  const messages = '**/api/v1/tickets/*/messages';
  await page.route(messages, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole('button', { name: /^Send to/ }).click();
  await expect(page.getByRole('alert')).toContainText('no connection');
  await page.unroute(messages);
  await page.getByRole('button', { name: /^Send to/ }).click();
  await expect(page.getByLabel('Reply text')).toBeHidden();
  const replies = page.getByRole('article', { name: new RegExp(OPERATOR.name) });
  await expect(replies.first()).toContainText('delivered to boris@example.org');
  await expect(replies).toHaveCount(1);
  expect(desk.smarthost.letters.filter((letter) => letter.includes('Only once, please.'))).toHaveLength(1);
});

test('an ended session asks to sign in, and the draft is still there', async ({ page, context }) => {
  const display = await desk.letter({ subject: 'Over the lunch break' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Note' }).click();
  await page.getByLabel('Note text').fill('Half a thought');
  await context.clearCookies();
  await page.getByLabel('Status').selectOption('solved');

  await page.getByLabel('E-mail').fill(OPERATOR.email);
  await page.getByLabel('Password').fill(OPERATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Note text')).toHaveValue('Half a thought');
  await expect(page.getByLabel('Status')).toHaveValue('new');
});

test('a live stream that was refused is asked for again, and nothing is missed', async ({ page }) => {
  const events = '**/api/v1/events';
  await page.route(events, (route) => route.fulfill({ status: 503 }));
  const { email, password } = OPERATOR;
  await page.request.post(`${desk.url}/api/v1/session`, { data: { email, password } });
  await page.goto(desk.url);
  await expect(page.getByRole('status')).toHaveText('no connection, trying again');
  await desk.letter({ subject: 'Came in the silence' });
  await page.unroute(events);
  await expect(page.getByRole('status')).toHaveText('live');
  await expect(page.getByRole('link', { name: /Came in the silence/ })).toBeVisible();
});
