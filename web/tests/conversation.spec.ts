import { expect, test } from '@playwright/test';

import { OPERATOR, useDesk } from './desk';

const desk = useDesk();

test('a reply says what it will do, leaves, and tells what became of it', async ({ page }) => {
  const display = await desk.letter({ from: 'anna@example.org', name: 'Anna', subject: 'To be answered' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('It comes tomorrow.');
  await page.getByRole('button', { name: 'Send to anna@example.org and set pending' }).click();

  const reply = page.getByRole('article', { name: new RegExp(OPERATOR.name) });
  await expect(reply).toContainText('It comes tomorrow.');
  await expect(reply).toContainText('delivered to anna@example.org');
  await expect(reply).toContainText('“250 2.0.0 taken for delivery”');
  await expect(page.getByLabel('Status')).toHaveValue('pending');
  await expect(page.getByLabel('Reply text')).toBeHidden();
  expect(desk.smarthost.letters.filter((letter) => letter.includes('It comes tomorrow.'))).toHaveLength(1);
});

test('the button names the status that is chosen', async ({ page }) => {
  const display = await desk.letter({ from: 'anna@example.org' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('then set').selectOption('solved');
  await page.getByLabel('Reply text').fill('Done.');
  await page.getByRole('button', { name: 'Send to anna@example.org and set solved' }).click();
  await expect(page.getByLabel('Status')).toHaveValue('solved');
});

test('a note is yellow, says "team only", and reaches no customer', async ({ page }) => {
  const display = await desk.letter({ subject: 'To be noted' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Note' }).click();
  const editor = page.getByRole('form', { name: 'Note' });
  await expect(editor).toContainText('Team only: never sent to the customer');
  await expect(editor).toHaveCSS('background-color', 'rgb(255, 248, 221)');
  await editor.getByLabel('Note text').fill('The customer is difficult.');
  await editor.getByRole('button', { name: 'Add note' }).click();

  const note = page.getByRole('article').filter({ hasText: 'The customer is difficult.' });
  await expect(note).toContainText('Note, team only');
  await expect(note).toHaveCSS('background-color', 'rgb(255, 248, 221)');
  await expect(page.getByLabel('Status')).toHaveValue('new');

  // What is sent after it proves that the queue is empty of it.
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('After the note.');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('article').filter({ hasText: 'After the note.' })).toContainText(
    'delivered to'
  );
  expect(desk.smarthost.letters.join()).not.toContain('difficult');
});

test('a reply is stopped when something arrived that was not seen, and keeps its text', async ({ page }) => {
  const messageId = '<begin@client.test>';
  const display = await desk.letter({ from: 'vera@example.org', subject: 'In a hurry', messageId });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('We will send it to the old address.');
  const second = await desk.letter({
    from: 'vera@example.org',
    subject: 'Re: In a hurry',
    inReplyTo: messageId,
    text: 'My address has changed!'
  });
  expect(second).toBe(display);

  const arrived = page.getByRole('article').filter({ hasText: 'My address has changed!' });
  await expect(arrived.getByText('new', { exact: true })).toBeVisible();
  await expect(page.getByText('A new message arrived: read it first.')).toBeVisible();
  await page.getByRole('button', { name: /^Send to vera/ }).click();
  await expect(page.getByRole('alert')).toHaveText('Something new arrived. Read it, then send again.');
  await expect(page.getByLabel('Reply text')).toHaveValue('We will send it to the old address.');
  expect(desk.smarthost.letters.join()).not.toContain('the old address');

  await page.getByLabel('Reply text').fill('We will send it to the new address.');
  await page.getByRole('button', { name: /^Send to vera/ }).click();
  await expect(page.getByLabel('Reply text')).toBeHidden();
  const reply = page.getByRole('article').filter({ hasText: 'We will send it to the new address.' });
  await expect(reply).toContainText('delivered to vera@example.org');
});

test('fields change at once, and what others change is shown, not overwritten', async ({ page }) => {
  const display = await desk.letter({ subject: 'To be changed' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByLabel('Status').selectOption('on_hold');
  await expect(page.getByRole('article').filter({ hasText: 'status: new → on_hold' })).toBeVisible();
  await page.getByLabel('Priority').selectOption('urgent');
  await page.getByLabel('Tags').fill('delivery/lost, vip');
  await page.getByLabel('Tags').blur();
  await page.getByRole('button', { name: 'Assign to me' }).click();
  await expect(page.getByLabel('Assignee')).toHaveValue(/\d+/);
  type State = { status: string; priority: string; tags: string[]; assignee: { name: string } };
  await expect
    .poll(() => desk.api<State>('GET', `/tickets/${display}`))
    .toMatchObject({
      status: 'on_hold',
      priority: 'urgent',
      tags: ['delivery/lost', 'vip'],
      assignee: { name: OPERATOR.name }
    });

  await desk.api('PATCH', `/tickets/${display}`, { status: 'solved' });
  await expect(page.getByLabel('Status')).toHaveValue('solved');
});

test('the rules strip tells which rule acted and what each test saw', async ({ page }) => {
  await desk.api('POST', '/rules', {
    name: 'Lost parcels burn first',
    position: 10,
    when: { all: [{ field: 'subject', op: 'contains', value: 'lost' }] },
    then: [{ action: 'set_priority', value: 'urgent' }]
  });
  const display = await desk.letter({ subject: 'Parcel lost' });
  await desk.signIn(page, `/tickets/${display}`);
  const letter = page.getByRole('article').first();
  await expect(letter).toContainText('Lost parcels burn first: priority = urgent');
  await letter.getByText('1 rules asked').click();
  await expect(letter.getByRole('listitem').filter({ hasText: 'subject contains' })).toContainText(
    'held subject contains wanted lost, saw Parcel lost'
  );
});

test('drafts stay with their ticket and their editor', async ({ page }) => {
  await desk.letter({ subject: 'First draft', from: 'first@example.org' });
  await desk.letter({ subject: 'Second draft', from: 'second@example.org' });
  await desk.signIn(page);
  await page.getByRole('link', { name: /First draft/ }).click();
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('For the customer');
  await page.getByRole('button', { name: 'Note' }).click();
  await page.getByLabel('Note text').fill('For the team');

  await page.getByRole('link', { name: /Second draft/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Second draft' })).toBeVisible();
  await expect(page.getByLabel('Reply text')).toBeHidden();
  await expect(page.getByLabel('Note text')).toBeHidden();

  await page.getByRole('link', { name: /First draft/ }).click();
  await expect(page.getByLabel('Reply text')).toHaveValue('For the customer');
  await expect(page.getByLabel('Note text')).toHaveValue('For the team');
  await page.reload();
  await expect(page.getByLabel('Reply text')).toHaveValue('For the customer');
  await expect(page.getByLabel('Note text')).toHaveValue('For the team');
});

test('quoted text is folded, and there', async ({ page }) => {
  const text = 'Yes, please.\n\nOn Monday, Support wrote:\n> Shall we send it again?';
  const display = await desk.letter({ subject: 'Quotes', text });
  await desk.signIn(page, `/tickets/${display}`);
  await expect(page.getByText('Shall we send it again?')).toBeHidden();
  await page.getByText('Quoted text').click();
  await expect(page.getByText('Shall we send it again?')).toBeVisible();
});

test('a ticket that does not exist is told', async ({ page }) => {
  await desk.signIn(page, '/tickets/DEMO-999999');
  await expect(page.getByRole('alert')).toContainText('no such ticket');
});
