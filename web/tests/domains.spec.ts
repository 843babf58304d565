import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

test('an administrator sees what is wrong with a domain, and what to publish', async ({ page }) => {
  await desk.signIn(page);
  await page.getByRole('link', { name: 'Domains' }).click();
  const domain = page.getByRole('region', { name: 'demo.test' });
  await domain.getByRole('button', { name: 'Check DNS' }).click();
  const mx = domain.getByRole('listitem').filter({ has: page.getByText('MX', { exact: true }) });
  await expect(mx).toContainText('error');
  await expect(mx).toContainText('demo.test. IN MX 10 desk.test.');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const { violations } = await new AxeBuilder({ page }).include('main').analyze();
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
});

test('new DKIM keys are made, and used when somebody says so', async ({ page }) => {
  await desk.signIn(page, '/domains');
  const keys = page.getByRole('region', { name: 'demo.test' }).getByRole('list', { name: 'DKIM keys' });
  await expect(keys.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: 'Make new DKIM keys' }).click();
  const coming = keys.getByRole('listitem').filter({ hasText: 'mxdesk2-ed25519._domainkey' });
  await expect(coming).toContainText('ed25519 · to be published');
  await page.getByRole('button', { name: 'Use the new keys now' }).click();
  await expect(coming).toContainText('ed25519 · letters are signed with it');
  await expect(keys.getByRole('listitem').filter({ hasText: 'mxdesk._domainkey' })).toContainText(
    'used no more'
  );
});
