import { createServer, type Server } from 'node:net';

import { expect, test, type Page } from '@playwright/test';

import { nextPort, ownAddress, useDesk, type Letter } from './desk';
import { HARMFUL, REMOTE } from './harmful_letters';

const desk = useDesk();

/** The server that letters point to. It counts who comes, whatever they speak. */
const remote = { host: ownAddress(), port: nextPort(), visitors: 0 };
const remoteUrl = (scheme: 'http' | 'https') => `${scheme}://${remote.host}:${remote.port}`;
let server: Server;

test.beforeAll(async () => {
  server = createServer((socket) => {
    remote.visitors += 1;
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(remote.port, remote.host, resolve));
});

test.afterAll(() => server.close());
test.beforeEach(() => (remote.visitors = 0));

/** What a page does that a letter must not make it do. */
function watch(page: Page) {
  const seen = { dialogs: 0, windows: 0, requests: [] as string[], errors: [] as string[] };
  page.on('dialog', (dialog) => {
    seen.dialogs += 1;
    void dialog.dismiss();
  });
  page.context().on('page', () => (seen.windows += 1));
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${desk.url}/`) && !url.startsWith('data:')) seen.requests.push(url);
  });
  return seen;
}

/** Frames in which a letter's script ran. */
async function harmedFrames(page: Page): Promise<string[]> {
  const harmed = [];
  for (const frame of page.frames())
    if (await frame.evaluate(() => '__xss' in window)) harmed.push(frame.url());
  return harmed;
}

/** A letter as it is sent. */
function armed(letter: Letter): Letter {
  const arm = (text?: string) => text?.replaceAll(REMOTE, remoteUrl('http'));
  return {
    from: 'mallory@example.org',
    ...letter,
    html: letter.html && `<p>harmless</p>${arm(letter.html)}`,
    text: arm(letter.text),
    subject: arm(letter.subject),
    name: arm(letter.name),
    raw: arm(letter.raw)
  };
}

/** Everything a reader might touch by accident, but for links, which say where they lead. */
function touchEverything(body: HTMLElement): void {
  for (const element of body.querySelectorAll<HTMLElement>('*')) {
    for (const type of [
      'mouseover',
      'mouseenter',
      'focus',
      'pointerdown',
      'error',
      'load',
      'toggle',
      'animationend'
    ])
      element.dispatchEvent(new Event(type, { bubbles: true }));
    if (!element.closest('a[href^="http"]')) element.click();
  }
}

for (const { about, runs, ...letter } of HARMFUL) {
  if (runs) {
    test(`outside the panel, ${about} does harm`, async ({ page }) => {
      const seen = watch(page);
      const { html } = armed(letter);
      await page.route(`${desk.url}/control`, (route) =>
        route.fulfill({ contentType: 'text/html', body: html as string })
      );
      await page.goto(`${desk.url}/control`, { waitUntil: 'commit' });
      await expect
        .poll(async () => seen.dialogs + remote.visitors + (await harmedFrames(page).catch(() => [])).length)
        .toBeGreaterThan(0);
    });
  }

  test(`${about} does no harm`, async ({ page }) => {
    const display = await desk.letter(armed(letter));
    const seen = watch(page);
    await desk.signIn(page, `/tickets/${display}`);
    const article = page.getByRole('article').first();
    await expect(article).toBeVisible();
    await article.evaluate((element) =>
      element.querySelectorAll('details').forEach((part) => (part.open = true))
    );
    expect(
      await article.locator('script, img, iframe, object, embed, form, base, link, style, meta').count()
    ).toBe(0);
    expect(await harmedFrames(page)).toEqual([]);

    const laidOut = article.getByRole('button', { name: 'Show as laid out' });
    if (letter.html ?? letter.raw) {
      await laidOut.click();
      const frame = page.frameLocator('iframe');
      await expect(frame.getByText(letter.raw ? 'See the pictures' : 'harmless')).toBeVisible();
      await frame.locator('body').evaluate(touchEverything);
      // Nothing of the letter lies outside its frame.
      const box = await article.locator('iframe').boundingBox();
      expect(box && box.width <= 1000 && box.height <= 4000).toBe(true);
    }
    // A request that is on its way is heard of before this one is answered.
    await page.evaluate(() => fetch('/api/v1/session').then((answer) => answer.text()));

    expect(await harmedFrames(page)).toEqual([]);
    expect(seen).toEqual({ dialogs: 0, windows: 0, requests: [], errors: [] });
    expect(remote.visitors).toBe(0);
    expect(page.url()).toBe(`${desk.url}/tickets/${display}`);
    await expect(page.getByRole('status')).toHaveText('live');
  });
}

test('what looks like HTML is shown as it was written', async ({ page }) => {
  const words = '<b onclick="x()">bold</b> & <i>';
  const display = await desk.letter({ subject: words, name: words, text: words });
  await desk.signIn(page, `/tickets/${display}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words);
  await expect(page.getByRole('article')).toContainText(words);
  await expect(page.getByRole('complementary')).toContainText(words);
});

test('pictures from other servers load only when they are asked for', async ({ page }) => {
  const display = await desk.letter({
    from: 'shop@example.org',
    subject: 'With pictures',
    html: `<p>Our shop</p><img src="${remoteUrl('https')}/logo.png" alt="logo">`
  });
  const seen = watch(page);
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Show as laid out' }).click();
  await expect(page.frameLocator('iframe').getByText('Our shop')).toBeVisible();
  await expect(page.getByText('Pictures from other servers, not loaded: 1')).toBeVisible();
  expect(seen.requests).toEqual([]);
  expect(remote.visitors).toBe(0);

  await page.getByRole('button', { name: 'Load them' }).click();
  await expect.poll(() => remote.visitors).toBeGreaterThan(0);
  expect(seen.requests).toEqual([`${remoteUrl('https')}/logo.png`]);
  await expect(page.getByText('Pictures from other servers, not loaded')).toBeHidden();
});

test("a letter's own pictures are shown", async ({ page }) => {
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const display = await desk.letter({
    raw: [
      'From: anna@example.org',
      'To: help@demo.test',
      'Subject: A picture inside',
      'MIME-Version: 1.0',
      'Content-Type: multipart/related; boundary=parts',
      '',
      '--parts',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Here it is</p><img src="cid:pixel@client.test" alt="the broken part">',
      '--parts',
      'Content-Type: image/png',
      'Content-ID: <pixel@client.test>',
      'Content-Disposition: inline; filename="pixel.png"',
      'Content-Transfer-Encoding: base64',
      '',
      pixel,
      '--parts--'
    ].join('\r\n')
  });
  await desk.signIn(page, `/tickets/${display}`);
  await page.getByRole('button', { name: 'Show as laid out' }).click();
  const picture = page.frameLocator('iframe').getByAltText('the broken part');
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
});
