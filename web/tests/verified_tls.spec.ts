import { expect, test, type Page } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Reply text').fill(text);
}

test('a letter that demands verified TLS is answered so, and as ordinary mail when the operator says so', async ({
  page
}) => {
  const display = await desk.letter({
    from: 'carla@secret.test',
    subject: 'Between us',
    text: 'Tell nobody.',
    requireTls: true
  });
  await desk.signIn(page, `/tickets/${display}`);
  await expect(page.getByRole('article').filter({ hasText: 'Tell nobody.' })).toContainText(
    'its sender demands verified TLS all the way (REQUIRETLS)'
  );
  const send = page.getByRole('button', { name: 'Send to carla@secret.test and set pending' });
  const demand = page.getByRole('checkbox', { name: 'Over verified TLS only' });

  await write(page, 'You have my word.');
  await expect(demand).toBeChecked();
  await send.click();
  const refused = page.getByRole('article').filter({ hasText: 'You have my word.' });
  await expect(refused).toContainText('leaves over verified TLS only (REQUIRETLS)');
  await expect(refused).toContainText('not delivered to carla@secret.test');
  await expect(refused).toContainText('5.7.10 Encryption needed: the server offers no STARTTLS');

  await write(page, 'Call us, please.');
  await demand.uncheck();
  await send.click();
  await expect(page.getByRole('article').filter({ hasText: 'Call us, please.' })).toContainText(
    'delivered to carla@secret.test'
  );
  expect(desk.smarthost.letters.map((letter) => letter.includes('Subject: Re: Between us'))).toEqual([true]);
});
