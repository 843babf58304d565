import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

test('a letter that arrives is seen within two seconds, without a reload', async ({ page }) => {
  await desk.letter({ subject: 'An older letter' });
  await desk.signIn(page);
  await expect(page.getByRole('link', { name: /An older letter/ })).toBeVisible();
  await page.evaluate(() => (document.documentElement.dataset.sameDocument = 'yes'));

  const display = await desk.letter({ name: 'Live Lena', subject: 'Arrives while the panel is open' });
  const row = page.getByRole('link', { name: /Arrives while the panel is open/ });
  await expect(row).toBeVisible({ timeout: 2000 });
  await expect(row).toContainText(display);
  await expect(row).toContainText('Live Lena');
  await expect(row.getByRole('img', { name: 'unread' })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.dataset.sameDocument)).toBe('yes');

  await row.click();
  await expect(
    page.getByRole('heading', { level: 1, name: 'Arrives while the panel is open' })
  ).toBeVisible();
  await expect(row.getByRole('img', { name: 'unread' })).toBeHidden();
});

test('an order number finds its ticket, whole or in part', async ({ page }) => {
  const display = await desk.letter({
    subject: 'Where is it?',
    text: 'My order is SO-2024/000123, since Monday.'
  });
  await desk.letter({ subject: 'Something else', text: 'About SO-2024/000999.' });
  await desk.signIn(page);
  const rows = page.getByRole('navigation', { name: 'Tickets' }).getByRole('link');
  for (const query of ['SO-2024/000123', 'so2024000123', '000123', display]) {
    await page.getByRole('searchbox').fill(query);
    await page.keyboard.press('Enter');
    await expect(page.getByText(`Search: ${query}`)).toBeVisible();
    await expect(rows.first(), query).toContainText(display);
  }
  await page.getByRole('searchbox').fill('no such words anywhere');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing found.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(page.getByRole('button', { name: /^To do/ })).toHaveAttribute('aria-pressed', 'true');
});

test('a search leaves the open ticket open', async ({ page }) => {
  const display = await desk.letter({ subject: 'Stays open', text: 'About SO-2024/000777.' });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('article').getByRole('button', { name: 'SO-2024/000777' }).click();
  await expect(page.getByText('Search: SO-2024/000777')).toBeVisible();
  await expect(page.getByRole('searchbox')).toHaveValue('SO-2024/000777');
  await expect(page.getByRole('heading', { level: 1, name: 'Stays open' })).toBeVisible();
});

test('views hold what they say', async ({ page }) => {
  const display = await desk.letter({ subject: 'Moves from view to view' });
  await desk.signIn(page);
  const row = page.getByRole('link', { name: /Moves from view to view/ });
  await expect(row).toBeVisible();
  await desk.api('PATCH', `/tickets/${display}`, { status: 'solved' });
  await expect(row).toBeHidden();
  await page.getByRole('button', { name: /^Done/ }).click();
  await expect(row).toBeVisible();
  await page.getByRole('button', { name: 'Mine' }).click();
  await expect(row).toBeHidden();
  await page.getByRole('button', { name: /^All/ }).click();
  await expect(row).toBeVisible();
});

test('times move on by themselves', async ({ page }) => {
  await page.clock.install();
  await desk.letter({ subject: 'Grows older' });
  await desk.signIn(page);
  const row = page.getByRole('link', { name: /Grows older/ });
  await expect(row.getByRole('time')).toHaveText('now');
  await page.clock.fastForward('05:30');
  await expect(row.getByRole('time')).toHaveText('5 min. ago');
});

test('three languages', async ({ page }) => {
  await desk.signIn(page);
  for (const [label, name, signOut, lang] of [
    ['Language', 'Русский', 'Выйти', 'ru'],
    ['Язык', 'Português', 'Sair', 'pt'],
    ['Idioma', 'English', 'Sign out', 'en']
  ] as const) {
    await page.getByLabel(label, { exact: true }).selectOption(name);
    await expect(page.getByRole('button', { name: signOut })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', lang);
  }
});

test('the list keeps its place while a ticket is read on a phone', async ({ page }) => {
  for (let index = 0; index < 12; index++) await desk.letter({ subject: `Long list ${index}` });
  await page.setViewportSize({ width: 375, height: 800 });
  await desk.signIn(page);
  const list = page.getByRole('navigation', { name: 'Tickets' });
  const row = page.getByRole('link', { name: /Long list 11/ });
  await row.scrollIntoViewIfNeeded();
  await row.click();

  // One pane at a time.
  await expect(page.getByRole('main')).toBeVisible();
  await expect(list).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  await page.getByRole('button', { name: 'Customer' }).click();
  await expect(page.getByRole('complementary', { name: 'Customer' })).toBeVisible();
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('complementary', { name: 'Customer' })).toBeHidden();

  await page.getByRole('link', { name: 'Back to the list' }).click();
  await expect(list).toBeVisible();
  await expect(page.getByRole('main')).toBeHidden();
  await expect(row).toBeInViewport();
});
