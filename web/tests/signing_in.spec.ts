import { expect, test } from '@playwright/test';

import { OPERATOR, useDesk } from './desk';

const desk = useDesk();

test('a wrong password is told, the right one shows the list', async ({ page }) => {
  await page.goto(desk.url);
  await page.getByLabel('E-mail').fill(OPERATOR.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('E-mail or password is wrong.');

  await page.getByLabel('Password').fill(OPERATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('navigation', { name: 'Tickets' })).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('live');

  // The session outlives the page, and ends where it is ended.
  await page.reload();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});
