import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

test('who writes to a suppressed address is warned, and sends only after saying so', async ({ page }) => {
  const display = await desk.letter({ from: 'gone@example.org', subject: 'A dead address' });
  await desk.api('POST', '/suppressions', { address: 'gone@example.org', detail: 'no such user', days: 30 });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill('Are you there?');
  const send = page.getByRole('button', { name: 'Send to gone@example.org and set pending' });
  await expect(page.getByText('gone@example.org is suppressed by hand. no such user')).toBeVisible();
  await expect(send).toBeDisabled();
  await page.getByRole('checkbox', { name: 'Send all the same' }).check();
  await send.click();
  await expect(page.getByRole('article').filter({ hasText: 'Are you there?' })).toContainText('delivered to');
});

test('a letter says why it was not answered by machine', async ({ page }) => {
  await desk.api('POST', '/rules', {
    name: 'We have it',
    position: 10,
    when: { field: 'subject', op: 'contains', value: 'Answer me' },
    then: [{ action: 'auto_reply', text: 'We have your letter.' }]
  });
  const display = await desk.letter({ from: 'anna@example.org', subject: 'Answer me' });
  await desk.signIn(page, `/tickets/${display}`);
  await expect(page.getByRole('article').first()).toContainText(
    'no automatic answer: nothing proves who sent the letter'
  );
  expect(desk.smarthost.letters.join()).not.toContain('We have your letter.');
});
