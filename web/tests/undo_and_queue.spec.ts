import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { Desk } from './desk';

// Replies wait for longer than a test takes: only what is taken back or released moves.
const desk = new Desk(600);
test.beforeAll(() => desk.start());
test.afterAll(() => desk.stop());

async function reply(page: Page, display: string, address: string, text: string): Promise<void> {
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill(text);
  await page.getByRole('button', { name: `Send to ${address} and set pending` }).click();
  await expect(page.getByLabel('Reply text')).toBeHidden();
}

test('a reply is taken back: the ticket is as before, the text is in the editor, nothing leaves', async ({
  page
}) => {
  const display = await desk.letter({ from: 'anna@example.org', subject: 'Too quick' });
  await reply(page, display, 'anna@example.org', 'It comes tomorow.');
  const bar = page.getByRole('group', { name: 'The reply waits before it leaves' });
  await expect(bar).toMatchAriaSnapshot(`
    - group "The reply waits before it leaves":
      - text: The reply waits before it leaves
      - button "Undo"
  `);
  await expect(page.getByRole('article').filter({ hasText: 'It comes tomorow.' })).toContainText(
    'queued for anna@example.org'
  );
  await bar.getByRole('button', { name: 'Undo' }).click();

  await expect(page.getByLabel('Reply text')).toHaveValue('It comes tomorow.');
  await expect(page.getByLabel('Reply text')).toBeFocused();
  await expect(bar).toBeHidden();
  await expect(page.getByLabel('Status')).toHaveValue('new');
  await expect(page.getByRole('article').filter({ hasText: 'taken back before it left' })).toContainText(
    'not sent to anna@example.org: cancelled'
  );

  // Sent again, it is another message, and the one in the queue.
  await page.getByLabel('Reply text').fill('It comes tomorrow.');
  await page.getByRole('button', { name: 'Send to anna@example.org and set pending' }).click();
  await expect(bar).toBeVisible();
  type Page = { items: { recipient: string }[] };
  const waiting = await desk.api<Page>('GET', '/queue?domain=example.org');
  expect(waiting.items).toHaveLength(1);
  expect(desk.smarthost.letters).toHaveLength(0);
});

test('the queue is shown, held, released and cancelled', async ({ page }) => {
  const display = await desk.letter({ from: 'vera@queue.test', subject: 'To be held' });
  await reply(page, display, 'vera@queue.test', 'Wait for it.');
  await page.getByRole('link', { name: 'Outgoing mail' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Outgoing mail' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Domain' }).fill('queue.test');
  await page.getByRole('textbox', { name: 'Domain' }).blur();
  const row = page.getByRole('row', { name: /vera@queue.test/ });
  await expect(row).toContainText('queued');
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(row.getByRole('link', { name: display })).toHaveAttribute('href', `/tickets/${display}`);

  await row.getByRole('button', { name: 'Hold' }).click();
  await expect(row).toContainText('held');
  await row.getByRole('button', { name: 'Release' }).click();
  // Released, it leaves at once, and the page follows.
  await expect(page.getByText('Nothing waits here.')).toBeVisible();
  expect(desk.smarthost.letters.filter((letter) => letter.includes('Wait for it.'))).toHaveLength(1);

  const other = await desk.letter({ from: 'oleg@queue.test', subject: 'To be cancelled' });
  await desk.api('POST', `/tickets/${other}/messages`, { kind: 'reply', text: 'Never mind.' });
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Cancel: oleg@queue.test' }).click();
  await expect(page.getByText('Nothing waits here.')).toBeVisible();
  await page.goto(`${desk.url}/tickets/${other}`);
  await expect(page.getByRole('article').filter({ hasText: 'was cancelled' })).toBeVisible();
  await expect(page.getByLabel('Status')).toHaveValue('open');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`queue and undo are accessible, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
    const address = `${colorScheme}@look.test`;
    const display = await desk.letter({ from: address, subject: 'To be looked at' });
    await reply(page, display, address, 'A reply that waits.');
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const violations = async () => (await new AxeBuilder({ page }).withTags(tags).analyze()).violations;
    await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    expect((await violations()).map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
    await page.goto(`${desk.url}/queue`);
    await expect(page.getByRole('row', { name: new RegExp(address) })).toBeVisible();
    expect((await violations()).map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
  });
}
