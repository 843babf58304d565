import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

// Loopback is judged here, and a client that calls itself by the desk's own name has its letters kept apart.
const desk = useDesk(0, '[policy]\ntrusted = []\ngreeting_delay_ms = 0\ntarpit_points = 0\n');
const helo = 'desk.test';

test('a letter that is kept apart is looked at and released', async ({ page }) => {
  const display = await desk.letter({ helo, from: 'eva@example.org', subject: 'Urgent invoice' });
  await desk.signIn(page, '/');
  await expect(page.getByRole('navigation', { name: 'Tickets' })).not.toContainText('Urgent invoice');
  await page.getByRole('link', { name: 'Quarantine' }).click();
  const letter = page.getByRole('list', { name: 'Quarantine' }).getByRole('listitem').first();
  await expect(letter).toContainText('eva@example.org');
  await expect(letter).toContainText('Server name (+8)');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await letter.getByRole('button', { name: 'Release' }).click();
  await expect(page.getByRole('main')).toContainText('Nothing is kept apart.');
  await page
    .getByRole('navigation', { name: 'Tickets' })
    .getByRole('link', { name: /Urgent invoice/ })
    .click();
  await expect(page).toHaveURL(new RegExp(display));
  await expect(page.getByRole('main')).toContainText('released from quarantine (8 points)');
});

test('a letter in its ticket says that it is kept apart, and can be released there', async ({ page }) => {
  const display = await desk.letter({ helo, from: 'eva@example.org', subject: 'Another invoice' });
  await desk.signIn(page, `/tickets/${display}`);
  const banner = page.getByRole('region', { name: /Kept apart/ });
  await expect(banner).toContainText('Server name (+8)');
  await banner.getByRole('button', { name: 'Release' }).click();
  await expect(banner).toBeHidden();
  await expect(page.getByLabel('Status')).toHaveValue('new');
});

test('the ledger answers whether a letter came', async ({ page }) => {
  const display = await desk.letter({ helo, from: 'fedor@example.net', subject: 'Did it come?' });
  await desk.signIn(page, '/ledger');
  await page.getByLabel('Domain of the sender').fill('example.net');
  await page.getByRole('button', { name: 'Look up' }).click();
  const lines = page.getByRole('list', { name: 'Ledger' }).getByRole('listitem');
  await expect(lines.first()).toContainText('fedor@example.net → help@demo.test');
  await expect(lines.first()).toContainText('kept apart');
  await expect(lines.first()).toContainText(`250 2.0.0 OK ticket ${display}`);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.getByLabel('Domain of the sender').fill('nowhere.example');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page.getByRole('main')).toContainText('Nothing found.');
});
