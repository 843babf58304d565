import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk(0);

test('a mailing is written, leaves, and its answers are found', async ({ page }) => {
  desk.run(['suppression', 'add'], ['boris@example.org', '--detail', 'asked for it']);
  await desk.signIn(page, '/');
  await page.getByRole('link', { name: 'Mailings' }).click();
  await expect(page.getByRole('main')).toContainText('There were no mailings yet.');
  const form = page.getByRole('form', { name: 'New mailing' });
  await form.getByLabel('Tag of its tickets').fill('autumn');
  await form.getByLabel('Subject').fill('We move');
  await form.getByLabel('Text').fill('Our new address is below.');
  await form.getByLabel('Addresses').fill('nobody\n');
  await form.getByRole('button', { name: 'Send to 1 addresses' }).click();
  await expect(page.getByRole('alert')).toContainText('to[0]');

  await form.getByLabel('Addresses').fill('Anna <anna@example.org>\nboris@example.org\n\nanna@example.org');
  await form.getByRole('button', { name: 'Send to 3 addresses' }).click();
  const mailing = page.getByRole('list', { name: 'Mailings' }).getByRole('listitem').first();
  await expect(mailing).toContainText('We move');
  await expect(mailing).toContainText('delivered 1', { timeout: 15_000 });
  await expect(mailing).toContainText('held back 1');
  await mailing.getByText('held back').last().click();
  await expect(mailing).toContainText('boris@example.org: suppressed by hand');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  if (process.env.MXDESK_PICTURES)
    await page.screenshot({ path: `${process.env.MXDESK_PICTURES}/mailings.png` });

  // Nobody's list is full of it, until somebody answers.
  const tickets = page.getByRole('navigation', { name: 'Tickets' });
  await expect(tickets).not.toContainText('We move');
  const id = /^Message-ID: (.*)$/im.exec(desk.smarthost.letters[0] ?? '')?.[1];
  await desk.letter({ from: 'anna@example.org', subject: 'Re: We move', text: 'Where to?', inReplyTo: id });
  await expect(tickets).toContainText('We move');
  await mailing.getByRole('button', { name: 'Show the answers' }).click();
  await expect(tickets.getByRole('link')).toHaveCount(1);
  await tickets.getByRole('link', { name: /We move/ }).click();
  await expect(page.getByRole('main')).toContainText('Where to?');
});
