// A desk for one file of tests: the real binary on a folder and a loopback address of its own, and what every test does first.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test, type Cookie, type Page } from '@playwright/test';

import { NameServer } from './name_server';
import { Smarthost } from './smarthost';
import { sendLetter } from './smtp';

/** How long anything may take before the test fails. */
const DEADLINE_MS = 30_000;

export const OPERATOR = { email: 'olga@demo.test', name: 'Olga Petrova', password: 'a long password' };

/** A letter as tests describe it; `raw` replaces all but the envelope. */
export type Letter = {
  from?: string;
  name?: string;
  to?: string;
  subject?: string;
  text?: string;
  html?: string;
  messageId?: string;
  inReplyTo?: string;
  /** Over STARTTLS, with REQUIRETLS (RFC 8689). */
  requireTls?: boolean;
  /** What the client calls itself. */
  helo?: string;
  /** What a balancer says before it (PROXY protocol, version 1). */
  proxy?: string;
  raw?: string;
};

export class Desk {
  #folder = mkdtempSync(join(tmpdir(), 'mxdesk-panel-'));
  #server: ChildProcess | undefined;
  readonly address = ownAddress();
  #smtpPort = nextPort();
  #httpPort = nextPort();
  readonly url = `http://${this.address}:${this.#httpPort}`;
  /** Takes all mail that the desk sends. */
  readonly smarthost = new Smarthost(this.address, nextPort());
  readonly names = new NameServer(this.address, nextPort());
  #token = '';
  #session: Cookie[] = [];

  /** `holdSeconds`: how long a reply can be taken back; `more` is added to the configuration, `smtp` to its section. */
  constructor(holdSeconds = 0, more = '', smtp = '') {
    writeFileSync(
      this.#config,
      `data_dir = "data"\nhostname = "desk.test"\n[smtp]\nlisten = ["${this.address}:${this.#smtpPort}"]\n${smtp}` +
        `[http]\nlisten = "${this.address}:${this.#httpPort}"\npublic_url = "https://desk.demo.test"\n` +
        `[dns]\nservers = ["${this.names.listen}"]\n[limits]\nmin_free_space = 1048576\n` +
        `[outbound]\nsmarthost = "${this.smarthost.listen}"\nhold_seconds = ${holdSeconds}\n${more}`
    );
  }

  get #config(): string {
    return join(this.#folder, 'mxdesk.toml');
  }

  /** Adds the mailbox `help@demo.test` and two operators, starts the server, and waits until it is ready. */
  async start(): Promise<void> {
    this.run(
      ['mailbox', 'add'],
      ['--name', 'Demo support', '--prefix', 'DEMO', '--address', 'help@demo.test']
    );
    this.#addOperator(OPERATOR);
    this.#addOperator({ email: 'ivan@demo.test', name: 'Ivan Sidorov', password: OPERATOR.password });
    await this.smarthost.start();
    await this.names.start();
    this.#token = this.run(['token', 'create'], ['--operator', OPERATOR.email]).trim();
    const server = spawn(binary(), ['serve', '--config', this.#config], {
      stdio: ['ignore', 'ignore', 'pipe']
    });
    server.stderr.on('data', (text: Buffer) => appendFileSync(this.#log, text));
    this.#server = server;
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      if (server.exitCode !== null) throw new Error(`the server ended:\n${this.log()}`);
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (ready?.ok) return;
      if (Date.now() > deadline) throw new Error(`the server does not become ready:\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server && server.exitCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      const timer = setTimeout(() => server.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    await this.smarthost.stop();
    await this.names.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  log(): string {
    return readFileSync(this.#log, { encoding: 'utf8', flag: 'a+' });
  }

  /** Runs a sub-command, which must succeed; answers what it says. */
  run(command: string[], options: string[], input = ''): string {
    const words = [...command, '--config', this.#config, ...options];
    const done = spawnSync(binary(), words, { input, encoding: 'utf8', timeout: DEADLINE_MS });
    if (done.status !== 0) throw new Error(`${words.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  /** Sends a letter over SMTP; answers the ticket's number as it is shown, `DEMO-1`. */
  async letter(letter: Letter): Promise<string> {
    const reply = await sendLetter({ host: this.address, port: this.#smtpPort }, letter);
    const ticket = /ticket (\S+)/.exec(reply)?.[1];
    if (!ticket) throw new Error(`not kept: ${reply}`);
    return ticket;
  }

  /** What the API answers to another client than the panel. */
  async api<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body)
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Opens the panel with the operator signed in. */
  async signIn(page: Page, path = '/'): Promise<void> {
    if (this.#session.length === 0) {
      const { email, password } = OPERATOR;
      const answer = await page.request.post(`${this.url}/api/v1/session`, { data: { email, password } });
      expect(answer.status()).toBe(200);
      this.#session = await page.context().cookies();
    }
    await page.context().addCookies(this.#session);
    await page.goto(this.url + path);
    await expect(page.getByRole('status')).toHaveText('live');
  }

  get #log(): string {
    return join(this.#folder, 'log');
  }

  #addOperator({ email, name, password }: typeof OPERATOR): void {
    this.run(['operator', 'add'], ['--email', email, '--name', name, '--role', 'admin'], `${password}\n`);
  }
}

/** A desk that lives as long as the tests of this file. */
export function useDesk(holdSeconds = 0, more = '', smtp = ''): Desk {
  const desk = new Desk(holdSeconds, more, smtp);
  test.beforeAll(() => desk.start());
  test.afterAll(() => desk.stop());
  return desk;
}

/** Every test process has a loopback address of its own, so that tests never meet on a port. */
export function ownAddress(): string {
  const { pid } = process;
  return `127.${96 + ((pid >> 16) % 32)}.${(pid >> 8) & 255}.${pid & 255}`;
}

let port = 2600;

/** A port that nothing else in this process uses. */
export function nextPort(): number {
  return port++;
}

function binary(): string {
  const path = process.env.MXDESK_BINARY;
  if (!path) throw new Error('MXDESK_BINARY must name the binary: make test-browser does it');
  return path;
}
