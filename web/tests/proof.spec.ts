import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { OPERATOR, useDesk } from './desk';

const desk = useDesk();

async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).exclude('iframe').analyze();
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
}

test('a letter shows how we know who sent it', async ({ page }) => {
  desk.names.txt('_dmarc.shop.test', 'v=DMARC1; p=quarantine');
  desk.names.txt('shop.test', 'v=spf1 ip4:127.0.0.0/8 -all');
  const seal = (i: number, cv: string) =>
    [
      `ARC-Seal: i=${i}; a=rsa-sha256; cv=${cv}; d=list.test; s=s1; t=1; b=AAAA`,
      `ARC-Message-Signature: i=${i}; a=rsa-sha256; c=relaxed/relaxed; d=list.test; s=s1; h=from; bh=AAAA; b=AAAA`,
      `ARC-Authentication-Results: i=${i}; list.test; dmarc=pass header.from=shop.test`
    ].join('\r\n');
  const raw = [
    seal(1, 'none'),
    'DKIM-Signature: v=1; a=rsa-sha1; c=relaxed/relaxed; d=shop.test; s=old; l=5; h=from; bh=AAAA; b=AAAA',
    'From: Vera <vera@shop.test>',
    'To: help@demo.test',
    'Subject: Weakly signed',
    'Message-ID: <weak@shop.test>',
    '',
    'Hello, this is signed in an old way.'
  ].join('\r\n');
  const display = await desk.letter({ from: 'vera@shop.test', raw });
  await desk.signIn(page, `/tickets/${display}`);
  const letter = page.getByRole('article').filter({ hasText: 'signed in an old way' });
  const facts = letter.getByRole('group').filter({ hasText: 'How we know who sent this' });
  await letter.getByText('How we know who sent this').focus();
  await page.keyboard.press('Enter');
  await expect(facts).toContainText('client.test (EHLO)');
  await expect(facts).toContainText('matched ip4:127.0.0.0/8');
  await expect(facts).toContainText('SHA-1 proves nothing any more');
  await expect(facts).toContainText('the domain asks for: quarantine');
  await expect(facts).toContainText('ARC');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/proof.png' });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);
});

test('an answer shows each attempt to deliver it', async ({ page }) => {
  const display = await desk.letter({ from: 'anna@example.org', subject: 'To be answered' });
  await desk.api('POST', `/tickets/${display}/messages`, { kind: 'reply', text: 'It comes tomorrow.' });
  await desk.signIn(page, `/tickets/${display}`);
  const reply = page.getByRole('article', { name: new RegExp(OPERATOR.name) });
  await reply.getByText('Attempts: 1').click();
  const attempt = reply
    .getByRole('table', { name: 'Attempts to deliver to anna@example.org' })
    .getByRole('row')
    .nth(1);
  await expect(attempt).toContainText(desk.smarthost.listen);
  await expect(attempt).toContainText('clear text');
  await expect(attempt).toContainText('TLS where it is offered');
  await expect(attempt).toContainText(/greeted \d+ ms/);
  await expect(attempt).toContainText('250 2.0.0 taken for delivery');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/attempts.png' });
});

test.describe('behind a balancer and a forwarder', () => {
  const balanced = useDesk(
    0,
    '[trust]\nforwarders = ["203.0.113.0/24"]\n[policy]\ntrusted = ["203.0.113.0/24"]\n',
    'proxy_from = ["127.0.0.0/8"]\n'
  );

  test('a letter names the proxy and the forwarder that it came through', async ({ page }) => {
    const raw = [
      'Received: from mx.friend.test (mx.friend.test [198.51.100.9]) by mx.forward.test with ESMTP',
      'From: Fedor <fedor@friend.test>',
      'To: help@demo.test',
      'Subject: Forwarded',
      'Message-ID: <forwarded@friend.test>',
      '',
      'Hello by many hands.'
    ].join('\r\n');
    const proxy = `PROXY TCP4 203.0.113.7 ${balanced.address} 4711 25`;
    const display = await balanced.letter({ from: 'fedor@friend.test', helo: 'mx.forward.test', proxy, raw });
    await balanced.signIn(page, `/tickets/${display}`);
    const letter = page.getByRole('article').filter({ hasText: 'Hello by many hands.' });
    await letter.getByText('How we know who sent this').click();
    const facts = letter.getByRole('group').filter({ hasText: 'How we know who sent this' });
    await expect(facts).toContainText('203.0.113.7:4711');
    await expect(facts).toContainText('as the trusted proxy 127.');
    await expect(facts).toContainText('came through the trusted forwarder 203.0.113.0/24');
    await expect(facts).toContainText('it got the letter from 198.51.100.9, mx.friend.test');
    await page.screenshot({ path: 'test-results/forwarded.png' });
  });
});
