import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

test('a day without a mouse', async ({ page }) => {
  const first = await desk.letter({ subject: 'First by key' });
  const second = await desk.letter({ subject: 'Second by key' });
  await desk.signIn(page);
  const press = (key: string) => page.keyboard.press(key);
  const rows = page.getByRole('navigation', { name: 'Tickets' }).getByRole('link');
  await expect(rows).toHaveCount(2);

  await press('j');
  await expect(rows.nth(0)).toBeFocused();
  await press('j');
  await expect(rows.nth(1)).toBeFocused();
  await press('k');
  await expect(rows.nth(0)).toBeFocused();
  await press('o');
  await expect(page).toHaveURL(`${desk.url}/tickets/${first}`);
  await expect(page.getByRole('heading', { level: 1, name: 'First by key' })).toBeVisible();

  await press('r');
  await expect(page.getByLabel('Reply text')).toBeFocused();
  await page.keyboard.type('jnr/?#');
  await expect(page.getByLabel('Reply text')).toHaveValue('jnr/?#');
  await press('Escape');
  await expect(page.getByLabel('Reply text')).not.toBeFocused();
  await press('n');
  await expect(page.getByLabel('Note text')).toBeFocused();
  await press('Escape');
  await press('s');
  await expect(page.getByLabel('Status')).toBeFocused();
  await press('Escape');
  await press('t');
  await expect(page.getByLabel('Tags')).toBeFocused();
  await press('Escape');
  await press('a');
  await expect(page.getByLabel('Assignee')).toHaveValue(/\d+/);

  await press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await press('j');
  await expect(help).toBeVisible();
  await press('Escape');
  await expect(help).toBeHidden();

  await press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await press('Escape');
  await press('j');
  await press('Enter');
  await expect(page).toHaveURL(`${desk.url}/tickets/${second}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Second by key' })).toBeVisible();
  await press('Shift+#');
  await expect(page.getByLabel('Status')).toHaveValue('spam');
});
