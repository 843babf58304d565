// A small SMTP client: one letter, one connection (RFC 5321).
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as secure } from 'node:tls';

import type { Letter } from './desk';

/** Answers the reply to the letter's end. */
export async function sendLetter(server: { host: string; port: number }, letter: Letter): Promise<string> {
  let socket = connect(server);
  socket.setTimeout(30_000, () => socket.destroy(new Error('the SMTP server is silent')));
  try {
    let replies = readReplies(socket);
    const say = (line: string) => socket.write(`${line}\r\n`);
    const expect = async (code: string): Promise<string> => {
      const { value } = await replies.next();
      if (!value?.startsWith(code)) throw new Error(`expected ${code}, not: ${value}`);
      return value;
    };
    if (letter.proxy) say(letter.proxy);
    await expect('220');
    say(`EHLO ${letter.helo ?? 'client.test'}`);
    await expect('250');
    if (letter.requireTls) {
      say('STARTTLS');
      await expect('220');
      await replies.return(undefined);
      socket = secure({ socket, rejectUnauthorized: false });
      replies = readReplies(socket);
      say(`EHLO ${letter.helo ?? 'client.test'}`);
      await expect('250');
    }
    const demand = letter.requireTls ? ' REQUIRETLS' : '';
    say(`MAIL FROM:<${letter.from ?? 'anna@example.org'}>${demand}`);
    await expect('250');
    say(`RCPT TO:<${letter.to ?? 'help@demo.test'}>`);
    await expect('250');
    say('DATA');
    await expect('354');
    // Every line ends with CRLF, and a dot at a line's begin is doubled (RFC 5321 §4.5.2).
    say(`${compose(letter).replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')}\r\n.`);
    const reply = await expect('250');
    say('QUIT');
    return reply;
  } finally {
    socket.end();
  }
}

async function* readReplies(socket: Socket): AsyncGenerator<string> {
  let reply = '';
  for await (const line of createInterface({ input: socket })) {
    reply += line;
    if (line[3] === '-') continue;
    yield reply;
    reply = '';
  }
}

function compose(letter: Letter): string {
  if (letter.raw !== undefined) return letter.raw;
  const from = letter.from ?? 'anna@example.org';
  const head = [
    `From: ${letter.name ? `${encoded(letter.name)} <${from}>` : from}`,
    `To: ${letter.to ?? 'help@demo.test'}`,
    `Subject: ${encoded(letter.subject ?? 'Where is my order?')}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${letter.messageId ?? `<${crypto.randomUUID()}@client.test>`}`,
    ...(letter.inReplyTo ? [`In-Reply-To: ${letter.inReplyTo}`, `References: ${letter.inReplyTo}`] : []),
    'MIME-Version: 1.0'
  ];
  const text = part('text/plain', letter.text ?? 'Hello, it should have been here on Monday.');
  if (letter.html === undefined) return [...head, text].join('\r\n');
  return [
    ...head,
    'Content-Type: multipart/alternative; boundary=both',
    '',
    '--both',
    text,
    '--both',
    part('text/html', letter.html),
    '--both--'
  ].join('\r\n');
}

const part = (type: string, content: string) =>
  `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines(content)}`;

const lines = (content: string) => Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');

/** An encoded word (RFC 2047), so that a header may hold anything. */
const encoded = (words: string) =>
  /^[\w .,!?/:()-]*$/.test(words) ? words : `=?utf-8?B?${Buffer.from(words).toString('base64')}?=`;
