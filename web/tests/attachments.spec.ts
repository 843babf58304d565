import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { Desk, useDesk } from './desk';

const desk = useDesk(0, 'attachment_size = 100000\n');
/** Replies wait for longer than a test takes. */
const slow = new Desk(600);
test.beforeAll(() => slow.start());
test.afterAll(() => slow.stop());

const PDF = { name: 'счёт 7.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 a bill') };
const send = (page: Page, address: string) =>
  page.getByRole('button', { name: `Send to ${address} and set pending` });

async function begin(at: Desk, page: Page, address: string, subject: string): Promise<string> {
  const display = await at.letter({ from: address, subject });
  await at.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  return display;
}

async function attach(page: Page, ...files: (typeof PDF)[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  await (await chooser).setFiles(files);
}

test('a file is attached, leaves with the reply, and stands on the message', async ({ page }) => {
  await begin(desk, page, 'anna@example.org', 'The bill, please');
  await attach(page, PDF, { ...PDF, name: 'wrong.pdf' });
  const files = page.getByRole('list', { name: 'Files of the reply' });
  await expect(files.getByRole('listitem')).toHaveCount(2);
  await files.getByRole('button', { name: 'Remove wrong.pdf' }).click();
  await expect(files.getByRole('listitem')).toHaveText(/счёт 7.pdf/);
  await page.getByLabel('Reply text').fill('Here it is.');
  await send(page, 'anna@example.org').click();
  await expect(page.getByLabel('Reply text')).toBeHidden();

  const message = page.getByRole('article').filter({ hasText: 'Here it is.' });
  const link = message.getByRole('list', { name: 'Attachments' }).getByRole('link');
  await expect(link).toHaveText(/счёт 7.pdf/);
  const download = await page.request.get(desk.url + (await link.getAttribute('href')));
  expect(await download.text()).toBe('%PDF-1.7 a bill');

  await expect.poll(() => desk.smarthost.letters.length).toBe(1);
  const left = desk.smarthost.letters[0] ?? '';
  expect(left).toContain('Content-Type: multipart/mixed');
  expect(left).toContain(`filename*=UTF-8''${encodeURIComponent('счёт')}%207.pdf`);
  expect(left).toContain(PDF.buffer.toString('base64'));
  expect(left).not.toContain('wrong.pdf');
});

test('a file that is too large is refused in words, and the reply waits until it is gone', async ({
  page
}) => {
  await begin(desk, page, 'boris@example.org', 'Everything, please');
  await page.getByLabel('Reply text').fill('Too much.');
  await attach(page, { ...PDF, name: 'large.bin', buffer: Buffer.alloc(100_001) });
  await expect(page.getByRole('alert')).toHaveText(/not uploaded: .*at most 100000 octets/);
  await expect(send(page, 'boris@example.org')).toBeDisabled();
  await page.getByRole('button', { name: 'Remove large.bin' }).click();
  await expect(send(page, 'boris@example.org')).toBeEnabled();
});

test('files are dropped onto the editor and stay with the draft', async ({ page }) => {
  const display = await begin(desk, page, 'vera@example.org', 'Dropped');
  const carried = await page.evaluateHandle(() => {
    const carried = new DataTransfer();
    carried.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
    return carried;
  });
  await page.getByRole('form', { name: 'Reply' }).dispatchEvent('drop', { dataTransfer: carried });
  const file = page.getByRole('list', { name: 'Files of the reply' }).getByRole('listitem');
  await expect(file).toHaveText(/dropped.txt/);
  await expect(file).not.toHaveText(/uploading/);
  await page.goto(`${desk.url}/tickets/${display}`);
  await expect(file).toHaveText(/dropped.txt/);
  await page.getByLabel('Reply text').fill('With what was dropped.');
  await send(page, 'vera@example.org').click();
  const message = page.getByRole('article').filter({ hasText: 'With what was dropped.' });
  await expect(message.getByRole('list', { name: 'Attachments' })).toHaveText(/dropped.txt/);
});

test('a reply that is taken back has its files again', async ({ page }) => {
  await begin(slow, page, 'oleg@example.org', 'Too quick');
  await attach(page, PDF);
  await page.getByLabel('Reply text').fill('Take this.');
  await send(page, 'oleg@example.org').click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByLabel('Reply text')).toHaveValue('Take this.');
  await expect(page.getByRole('list', { name: 'Files of the reply' })).toHaveText(/счёт 7.pdf/);
  await send(page, 'oleg@example.org').click();
  const sent = page.getByRole('article').filter({ hasText: 'queued for oleg@example.org' });
  await expect(sent.getByRole('list', { name: 'Attachments' })).toHaveText(/счёт 7.pdf/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a reply with files is accessible, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
    await begin(slow, page, `${colorScheme}@look.test`, 'To be looked at');
    await page.getByLabel('Reply text').fill('See the files.');
    await attach(page, PDF, { ...PDF, name: 'a price list.pdf' });
    await expect(send(page, `${colorScheme}@look.test`)).toBeEnabled();
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
    expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
  });
}
