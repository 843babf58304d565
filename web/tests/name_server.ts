// A name server that knows the text records it was told, and no other name: every look-up is answered at once, and none leaves this machine.
import { createSocket } from 'node:dgram';

const HEADER = 12;
const TXT = 16;
/** Answer, recursion available; the same, and no such name (RFC 1035 §4.1.1). */
const FOUND = [0x81, 0x80];
const NO_SUCH_NAME = [0x81, 0x83];

export class NameServer {
  readonly listen: string;
  #socket = createSocket('udp4');
  #records = new Map<string, string>();

  constructor(
    readonly host: string,
    readonly port: number
  ) {
    this.listen = `${host}:${port}`;
  }

  /** Publishes a text record of at most 255 octets. */
  txt(name: string, text: string): void {
    this.#records.set(name, text);
  }

  async start(): Promise<void> {
    this.#socket.on('message', (query, { address, port }) => {
      const { name, type, end } = questionOf(query);
      const text = this.#records.get(name);
      const answers = text !== undefined && type === TXT ? [recordOf(text)] : [];
      const answer = Buffer.concat([query.subarray(0, end), ...answers]);
      answer.set(text === undefined ? NO_SUCH_NAME : FOUND, 2);
      // One question; no authority or additional records.
      answer.set([0, 1, 0, answers.length, 0, 0, 0, 0], 4);
      this.#socket.send(answer, port, address);
    });
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject).bind(this.port, this.host, resolve);
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** What is asked, and where the question ends: behind the name's labels, its end, type and class. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  while (query[at]) {
    const next = at + (query[at] ?? 0) + 1;
    labels.push(query.toString('latin1', at + 1, next));
    at = next;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A text record of the name that was asked for, for a minute. */
function recordOf(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1');
  const head = [0xc0, HEADER, 0, TXT, 0, 1, 0, 0, 0, 60, 0, octets.length + 1, octets.length];
  return Buffer.concat([Buffer.from(head), octets]);
}
