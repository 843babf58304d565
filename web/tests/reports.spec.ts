import { gzipSync } from 'node:zlib';

import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();
const DAY = 86_400;
/** Yesterday, as reports cover it. */
const begin = Math.floor(Date.now() / 1000 / DAY) * DAY - DAY;

/** A record of a DMARC report (RFC 7489 appendix C). */
const record = (source: string, letters: number, disposition: string, passes: boolean) => `<record><row>
  <source_ip>${source}</source_ip><count>${letters}</count><policy_evaluated><disposition>${disposition}</disposition>
  <dkim>${passes ? 'pass' : 'fail'}</dkim><spf>fail</spf></policy_evaluated></row>
  <identifiers><header_from>demo.test</header_from><envelope_from>bulk.test</envelope_from></identifiers>
  <auth_results><dkim><domain>demo.test</domain><selector>s1</selector><result>${passes ? 'pass' : 'fail'}</result></dkim>
  <spf><domain>bulk.test</domain><result>pass</result></spf></auth_results></record>`;

const dmarc = (organisation: string, id: string, records: string[]) => `<?xml version="1.0"?><feedback>
  <report_metadata><org_name>${organisation}</org_name><email>dmarc@reporter.test</email><report_id>${id}</report_id>
  <date_range><begin>${begin}</begin><end>${begin + DAY - 1}</end></date_range></report_metadata>
  <policy_published><domain>demo.test</domain><adkim>r</adkim><aspf>r</aspf><p>quarantine</p><sp>reject</sp></policy_published>
  ${records.join('')}</feedback>`;

const tls = JSON.stringify({
  'organization-name': 'Reporter Inc.',
  'date-range': {
    'start-datetime': new Date(begin * 1000).toISOString(),
    'end-datetime': new Date((begin + DAY - 1) * 1000).toISOString()
  },
  'contact-info': 'tls@reporter.test',
  'report-id': 'tls-1',
  policies: [
    {
      policy: {
        'policy-type': 'sts',
        'policy-domain': 'demo.test',
        'policy-string': ['version: STSv1', 'mode: enforce', 'mx: mx.demo.test', 'max_age: 86400'],
        'mx-host': ['mx.demo.test']
      },
      summary: { 'total-successful-session-count': 990, 'total-failure-session-count': 10 },
      'failure-details': [
        {
          'result-type': 'certificate-expired',
          'sending-mta-ip': '198.51.100.7',
          'receiving-mx-hostname': 'mx.demo.test',
          'receiving-ip': '192.0.2.25',
          'failed-session-count': 10,
          'failure-reason-code': 'NotAfter'
        }
      ]
    }
  ]
});

/** A letter that carries a report, from a sender that DMARC proves where it is `reporter.test`. */
async function send(domain: string, type: string, file: string, content: Buffer): Promise<void> {
  const from = `noreply@${domain}`;
  const body = content.toString('base64').replace(/.{76}/g, '$&\r\n');
  const head = [
    `From: ${from}`,
    'To: help@demo.test',
    `Subject: Report Domain: demo.test Submitter: ${domain} Report-ID: <${crypto.randomUUID()}>`,
    `Message-ID: <${crypto.randomUUID()}@${domain}>`,
    'MIME-Version: 1.0',
    `Content-Type: ${type}; name="${file}"`,
    `Content-Disposition: attachment; filename="${file}"`,
    'Content-Transfer-Encoding: base64'
  ];
  await desk.letter({ from, raw: `${head.join('\r\n')}\r\n\r\n${body}` });
}

const sendDmarc = (domain: string, xml: string) =>
  send(domain, 'application/gzip', `${domain}!demo.test!${begin}!${begin + DAY - 1}.xml.gz`, gzipSync(xml));

async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
}

test('who has no reports is told how to get them', async ({ page }) => {
  await desk.signIn(page);
  await page.getByRole('link', { name: 'Reports' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Reports' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('_smtp._tls');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'See which records to publish' }).click();
  await expect(page).toHaveURL(/\/domains$/);
});

test.describe('with reports', () => {
  test.beforeAll(async () => {
    desk.names.txt('_dmarc.reporter.test', 'v=DMARC1; p=reject');
    desk.names.txt('reporter.test', 'v=spf1 ip4:127.0.0.0/8 -all');
    const rows = [
      record('192.0.2.1', 1164, 'none', true),
      record('203.0.113.9', 25, 'quarantine', false),
      record('203.0.113.10', 15, 'none', false)
    ];
    await sendDmarc('reporter.test', dmarc('Reporter &lt;img src=x onerror=alert(1)&gt; Inc.', 'one', rows));
    await sendDmarc('forger.test', dmarc('Forger', 'two', [record('198.51.100.66', 9, 'reject', false)]));
    await send(
      'reporter.test',
      'application/tlsrpt+json',
      'reporter.test!demo.test!1!2.json',
      Buffer.from(tls)
    );
  });

  test('reports are added up per domain, and what nothing proves is not', async ({ page }) => {
    await desk.signIn(page, '/reports');
    const demo = page.getByRole('region', { name: 'demo.test' });
    await expect(demo).toContainText('96.6% of 1,204 letters in your name passed.');
    const sources = demo.getByRole('list', { name: 'Sources that failed, demo.test' }).getByRole('listitem');
    await expect(sources).toHaveText(['203.0.113.9 25 (kept apart 25)', '203.0.113.10 15 (delivered 15)']);
    await expect(demo).toContainText('99% of 1,000 connections to your mail servers');
    await expect(demo.getByRole('list', { name: 'What failed, demo.test' })).toContainText(
      'certificate-expired mx.demo.test 10'
    );
    await expect(page.getByRole('main')).toContainText('because nothing proves who sent them: 1');
    const forged = page.getByRole('row', { name: /Forger/ });
    await expect(forged).toContainText('not proven');
    await expect(page.getByRole('row')).toHaveCount(4);
    await expectAccessible(page);
    await page.screenshot({ path: 'test-results/reports.png' });
  });

  test('what is asked for stands in the address', async ({ page }) => {
    await desk.signIn(page, '/reports?kind=tls');
    await expect(page.getByRole('combobox', { name: 'Kind' })).toHaveValue('tls');
    await expect(page.getByRole('row')).toHaveCount(2);
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('DMARC');
    await expect(page).toHaveURL(/\/reports\?kind=dmarc$/);
    await expect(page.getByRole('row')).toHaveCount(3);
    await page.getByRole('combobox', { name: 'Domain' }).selectOption('demo.test');
    await page.getByRole('combobox', { name: 'Time' }).selectOption('the last 7 days');
    await expect(page).toHaveURL(/domain=demo.test&kind=dmarc&days=7$/);
    await page.getByRole('link', { name: 'Forger' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('DMARC report of Forger for demo.test');
    await expect(page.getByRole('main')).toContainText('Nothing proves who sent this report');
    await page.getByRole('link', { name: 'All reports' }).click();
    await expect(page).toHaveURL(/domain=demo.test&kind=dmarc&days=7$/);
    await page.goto(`${desk.url}/reports?domain=other.test`);
    await expect(page.getByRole('main')).toContainText('No reports of this time.');
  });

  test('a DMARC report is read by keyboard, and its words are only words', async ({ page }) => {
    page.on('dialog', (dialog) => expect(dialog.message()).toBe('no dialog'));
    await desk.signIn(page, '/reports');
    const report = page.getByRole('link', { name: /^Reporter <img/ });
    await report.focus();
    await page.keyboard.press('Enter');
    const title = 'DMARC report of Reporter <img src=x onerror=alert(1)> Inc. for demo.test';
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(page.getByRole('main').locator('img')).toHaveCount(0);
    await expect(page.getByRole('main')).toContainText('p=quarantine; sp=reject; adkim=r; aspf=r');
    const rows = page.getByRole('table', { name: 'Letters' }).getByRole('row');
    await expect(rows.nth(1)).toContainText('203.0.113.9');
    await expect(rows.nth(1)).toContainText('kept apart');
    await expect(rows.nth(1)).toContainText('DKIM demo.test s1 fail');
    await expect(rows.nth(3)).toContainText('1,164');
    await expectAccessible(page);
    await page.screenshot({ path: 'test-results/report-dmarc.png' });
  });

  test('a TLS report shows policy and failures', async ({ page }) => {
    await desk.signIn(page, '/reports?kind=tls');
    await page.getByRole('link', { name: 'Reporter Inc.' }).click();
    const policy = page.getByRole('region', { name: 'MTA-STS demo.test' });
    await expect(policy).toContainText('Connections: 990 good, 10 not');
    await expect(policy).toContainText('mode: enforce');
    const failure = policy.getByRole('row').nth(1);
    await expect(failure).toContainText('certificate-expired');
    await expect(failure).toContainText('mx.demo.test, 192.0.2.25');
    await expect(failure).toContainText('198.51.100.7');
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page);
    await page.screenshot({ path: 'test-results/report-tls.png' });
  });

  test('the page speaks the other languages and fits a phone', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 800 });
    await desk.signIn(page, '/');
    for (const [language, title] of [
      ['ru', 'Отчёты'],
      ['pt', 'Relatórios']
    ] as const) {
      await page.evaluate((chosen) => localStorage.setItem('locale', chosen), language);
      await page.goto(`${desk.url}/reports`);
      await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
      await expect(page.getByRole('region', { name: 'demo.test' })).toContainText('1');
      await expectAccessible(page);
    }
    await page.screenshot({ path: 'test-results/reports-phone.png' });
  });
});
