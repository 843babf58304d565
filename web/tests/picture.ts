// Draws docs/panel.png: `npm run picture`. Not a test of anything.
import { test, type Route } from '@playwright/test';

import { OPERATOR, useDesk, type Letter } from './desk';

const desk = useDesk();

const LETTERS: Letter[] = [
  {
    name: 'Pay Gate',
    from: 'noreply@paygate.example',
    subject: 'Your subscription ends in 3 days: renewal needed',
    text: 'The service "Payments Plus" will be suspended on Friday unless it is renewed.'
  },
  {
    name: 'Мария Соколова',
    from: 'maria.sokolova@example.org',
    subject: 'Заказ SO-2024/000187: пришёл другой цвет',
    text: 'Здравствуйте! Заказывала зелёный плед, а пришёл серый. Можно поменять до выходных?'
  },
  {
    name: 'João Almeida',
    from: 'joao.almeida@example.org',
    subject: 'Encomenda RB123456785CN ainda não chegou',
    text: 'Boa tarde, a encomenda RB123456785CN está parada em Lisboa desde segunda-feira.',
    to: 'parcels@demo.test'
  },
  {
    name: 'Hannah Weber',
    from: 'hannah.weber@example.org',
    subject: 'Gift certificate GC-77120 is not accepted',
    text: 'The shop in Main Street says that my certificate GC-77120 is unknown to the till.'
  },
  {
    name: 'Oliver Brown',
    from: 'oliver.brown@example.org',
    subject: 'Invoice for the company, please',
    text: 'Could you send the invoice for SO-2024/000140 to our accounts department as well?'
  }
];

const ENGRAVED = '<engraving-1@example.org>';

test('the panel, as docs/panel.png', async ({ page }) => {
  desk.run(
    ['mailbox', 'add'],
    ['--name', 'Parcel desk', '--prefix', 'PARCEL', '--address', 'parcels@demo.test']
  );
  await desk.api('POST', '/rules', {
    name: 'Paid services never end unseen',
    position: 10,
    when: { all: [{ field: 'subject', op: 'contains', value: 'renewal' }] },
    then: [
      { action: 'set_priority', value: 'high' },
      { action: 'add_tags', value: ['billing/renewal'] }
    ]
  });
  await desk.api('POST', '/rules', {
    name: 'Engravings are confirmed in writing',
    position: 20,
    when: { all: [{ field: 'body', op: 'contains', value: 'engraving' }] },
    then: [
      { action: 'set_category', value: 'engraving' },
      { action: 'add_tags', value: ['order/engraving'] },
      { action: 'set_priority', value: 'high' }
    ]
  });
  await desk.api('POST', '/rules', {
    name: 'Parcels abroad',
    position: 30,
    when: { all: [{ field: 'body', op: 'contains', value: 'encomenda' }] },
    then: [{ action: 'add_tags', value: ['delivery/late'] }]
  });
  const anna = { name: 'Anna Kowalska', from: 'anna.kowalska@example.org' };
  const earlier = await desk.letter({
    ...anna,
    subject: 'Can I pick up in the store?',
    text: 'SO-2023/009871'
  });
  await desk.api('PATCH', `/tickets/${earlier}`, { status: 'solved' });
  for (const letter of LETTERS.slice(0, 3)) await desk.letter(letter);
  const ticket = await desk.letter({
    ...anna,
    messageId: ENGRAVED,
    subject: 'Order SO-2024/000123: the engraving',
    text:
      'Hello,\n\nI ordered a watch with an engraving yesterday (SO-2024/000123). On the phone your colleague noted ' +
      '"To Jan, with love", but it must read:\n\n    Dla Jana, z miłością\n\nIs it still possible to change it?\n\nAnna'
  });
  const { items } = await desk.api<{ items: { id: number; email: string }[] }>('GET', '/operators');
  const assignee = items.find(({ email }) => email === OPERATOR.email)?.id;
  await desk.api('PATCH', `/tickets/${ticket}`, { assignee });
  await desk.api('POST', `/tickets/${ticket}/messages`, {
    kind: 'note',
    text: 'Called the workshop: not engraved yet, they wait for us until 16:00. Every character counts, note the ł and ś.'
  });
  await desk.api('POST', `/tickets/${ticket}/messages`, {
    kind: 'reply',
    text:
      'Dear Anna,\n\nyes, it can still be changed. Please confirm that the engraving shall read, character by ' +
      'character: Dla Jana, z miłością\n\nKind regards,\nOlga'
  });
  for (const letter of LETTERS.slice(3)) await desk.letter(letter);
  await desk.letter({
    ...anna,
    inReplyTo: ENGRAVED,
    subject: 'Re: Order SO-2024/000123: the engraving',
    text: 'Confirmed: "Dla Jana, z miłością". Thank you for asking!\n\n> Please confirm that the engraving shall read'
  });

  await page.route('**/api/v1/tickets**', stretchAges(Date.now()));
  await desk.signIn(page);
  await page.getByRole('link', { name: /the engraving/ }).click();
  await page.getByRole('article').last().waitFor();
  await page.keyboard.press('r');
  await page.getByLabel('Reply text').fill('Dear Anna,\n\nthank you: the workshop has it, word for word.');
  await page.screenshot({ path: '../docs/panel.png', animations: 'disabled' });
});

/** The letters came within seconds; shown as if within hours. */
function stretchAges(now: number) {
  return async (route: Route): Promise<void> => {
    const response = await route.fetch();
    const older = (_: string, name: string, time: string) =>
      `"${name}":"${new Date(Date.now() - Math.max(0, now - Date.parse(time)) * 2500 - 120_000).toISOString()}"`;
    const body = (await response.text()).replace(/"(\w*at|waiting_since)":"([^"]+)"/g, older);
    await route.fulfill({ response, body: body.replaceAll(desk.smarthost.host, 'mx.example.org') });
  };
}
