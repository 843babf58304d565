import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { useDesk } from './desk';

const desk = useDesk();

/** WCAG 2.2 AA and good practice, as far as a machine can tell. The letter in its frame is its sender's. */
async function expectAccessible(page: Page, waived: string[] = []): Promise<void> {
  // Colours that fade in would be measured half-way.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const builder = new AxeBuilder({ page }).withTags(tags).disableRules(waived).exclude('iframe');
  const { violations } = await builder.analyze();
  expect(
    violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => node.html).join('\n')}`)
  ).toEqual([]);
}

/** A ticket with everything that a conversation can show, and others beside it; answers its number. */
async function fullTicket(): Promise<string> {
  const messageId = `<${crypto.randomUUID()}@client.test>`;
  await desk.letter({ from: 'anna@example.org', name: 'Anna Kowalska', subject: 'An earlier question' });
  const display = await desk.letter({
    from: 'anna@example.org',
    name: 'Anna Kowalska',
    subject: 'The engraving',
    text: 'Order SO-2024/000123, see https://shop.example/orders.\n\nOn Monday, Support wrote:\n> Which order?',
    html: '<p>Order <b>SO-2024/000123</b></p><img src="https://shop.example/logo.png" alt="logo">',
    messageId
  });
  await desk.api('POST', `/tickets/${display}/messages`, { kind: 'note', text: 'The workshop waits.' });
  await desk.api('POST', `/tickets/${display}/messages`, { kind: 'reply', text: 'It can be changed.' });
  await desk.letter({
    from: 'anna@example.org',
    name: 'Anna Kowalska',
    inReplyTo: messageId,
    text: 'Thanks!'
  });
  await desk.api('PATCH', `/tickets/${display}`, { priority: 'urgent', tags: ['order/engraving'] });
  await desk.letter({ raw: 'Subject: no sender\r\n\r\nWho wrote this?' });
  return display;
}

test.beforeAll(async () => {
  await desk.api('POST', '/rules', {
    name: 'Engravings are confirmed in writing',
    position: 10,
    when: { all: [{ field: 'subject', op: 'contains', value: 'engraving' }] },
    then: [{ action: 'set_category', value: 'engraving' }]
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('signing in is accessible', async ({ page }) => {
      await page.goto(desk.url);
      await page.getByLabel('E-mail').fill('nobody@demo.test');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toBeVisible();
      await expectAccessible(page);
    });

    test('list and conversation are accessible', async ({ page }) => {
      const display = await fullTicket();
      await desk.signIn(page);
      await expect(page.getByRole('link', { name: /The engraving/ }).first()).toBeVisible();
      await expectAccessible(page);

      await page.goto(`${desk.url}/tickets/${display}`);
      await expect(page.getByRole('article').filter({ hasText: 'It can be changed.' })).toContainText(
        'delivered'
      );
      await page.getByText('1 rules asked').first().click();
      await page.getByText('Quoted text').click();
      await page.getByRole('button', { name: 'Show as laid out' }).click();
      await page.getByRole('button', { name: 'Reply' }).click();
      await page.getByRole('button', { name: 'Note' }).click();
      await page.getByLabel('Note text').fill('A note');
      await expectAccessible(page);

      await page.getByLabel('Note text').blur();
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page);
    });

    test('a phone shows it accessibly', async ({ page }) => {
      await page.setViewportSize({ width: 375, height: 800 });
      const display = await fullTicket();
      await desk.signIn(page);
      await expect(page.getByRole('link', { name: /The engraving/ }).first()).toBeVisible();
      // The list is all there is: the conversation, which has main part and heading, is not shown.
      await expectAccessible(page, ['landmark-one-main', 'page-has-heading-one']);
      await page.goto(`${desk.url}/tickets/${display}`);
      await page.getByRole('button', { name: 'Customer' }).click();
      await expectAccessible(page);
    });
  });
}

test('dark is remembered', async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await desk.signIn(page);
  expect(await background()).toBe('rgb(243, 245, 248)');
  await page.getByRole('button', { name: 'Light or dark' }).click();
  expect(await background()).toBe('rgb(14, 18, 23)');
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('live');
  expect(await background()).toBe('rgb(14, 18, 23)');
});

test('what a screen reader meets', async ({ page }) => {
  await page.goto(desk.url);
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - main:
      - heading "mxdesk" [level=1]
      - text: E-mail
      - textbox "E-mail"
      - text: Password
      - textbox "Password"
      - button "Sign in"
      - combobox "Language"
  `);

  const display = await fullTicket();
  await desk.signIn(page, `/tickets/${display}`);
  await expect(page.getByRole('banner')).toMatchAriaSnapshot(`
    - banner:
      - link "mxdesk"
      - search:
        - searchbox "Search"
      - status: live
      - link "Outgoing mail"
      - link "Quarantine"
      - link "Ledger"
      - combobox "Language"
      - button "Light or dark"
      - text: Olga Petrova
      - button "Sign out"
  `);
  await expect(page.getByRole('navigation')).toMatchAriaSnapshot(`
    - navigation "Tickets":
      - group "Views":
        - button /To do \\d+/ [pressed]
        - button "Mine"
        - button "Waiting"
        - button "Done"
        - button /All \\d+/
      - list:
        - listitem:
          - link /unread Anna Kowalska .* An earlier question DEMO-\\d+ Hello, it should have been here on Monday\\. new Waiting .*/
        - listitem:
          - link /Anna Kowalska .* The engraving DEMO-\\d+ Thanks! open urgent SO-2024\\/000123 4 messages order\\/engraving Waiting .*/
        - listitem:
          - link /unread anna@example\\.org .* no sender DEMO-\\d+ Who wrote this\\? new needs eyes Waiting .*/
  `);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - main:
      - heading "The engraving" [level=1]
      - text: /DEMO-\\d+ Status/
      - combobox "Status"
      - text: Priority
      - combobox "Priority"
      - text: Assignee
      - combobox "Assignee"
      - button "Assign to me"
      - text: Tags
      - textbox "Tags": order/engraving
      - list "Conversation":
        - listitem:
          - article /Anna Kowalska, .*/:
            - strong: Anna Kowalska
            - text: anna@example.org
            - time
            - text: Order
            - button "SO-2024/000123"
            - text: ", see"
            - link "https://shop.example/orders"
            - text: .
            - group: Quoted text
            - paragraph: received in clear text · SPF none · DKIM none · DMARC none · began this ticket
            - button "Show as laid out"
            - link "Source"
            - group: "Engravings are confirmed in writing: category = engraving 1 rules asked"
        - listitem:
          - article /Olga Petrova, .*/:
            - strong: Olga Petrova
            - text: Note, team only
            - time
            - text: The workshop waits.
        - listitem:
          - article /Olga Petrova, .*/:
            - strong: Olga Petrova
            - text: → anna@example.org
            - time
            - text: It can be changed.
            - paragraph: /delivered to anna@example.org · .* “250 2\\.0\\.0 taken for delivery”/
            - link "Source"
        - listitem:
          - article /Anna Kowalska, .*/:
            - strong: Anna Kowalska
            - text: anna@example.org
            - time
            - text: Thanks!
            - paragraph: /.* threaded by In-Reply-To/
            - link "Source"
            - group: 1 rules asked
        - listitem:
          - article /mxdesk, .*/:
            - text: "priority: normal → urgent tags: +order/engraving"
            - time
      - button "Reply"
      - button "Note"
  `);
  await expect(page.getByRole('complementary')).toMatchAriaSnapshot(`
    - complementary "Customer":
      - heading "Anna Kowalska" [level=2]
      - list:
        - listitem: anna@example.org
      - heading "Orders and numbers" [level=3]
      - list:
        - listitem:
          - button "SO-2024/000123"
          - button "Copy SO-2024/000123"
      - heading "Ticket" [level=3]
      - term: Mailbox
      - definition: Demo support
      - term: Category
      - definition: engraving
      - heading "Other tickets" [level=3]
      - list:
        - listitem:
          - link "An earlier question"
  `);
});
