// Words of the API in the operator's language.
import { locale, m } from '$lib/messages';

import type {
  AuthResult,
  CheckState,
  Delivery,
  DkimWeakness,
  KeyStage,
  LedgerLine,
  Message,
  Priority,
  Stage,
  Status,
  Suppression
} from './api/client';
import { relative } from './time';

export const statusWord = (status: Status): string =>
  ({
    new: m.status_new,
    open: m.status_open,
    pending: m.status_pending,
    on_hold: m.status_on_hold,
    solved: m.status_solved,
    closed: m.status_closed,
    spam: m.status_spam
  })[status]();

export const priorityWord = (priority: Priority): string =>
  ({
    low: m.priority_low,
    normal: m.priority_normal,
    high: m.priority_high,
    urgent: m.priority_urgent
  })[priority]();

const threaded = {
  sub_address: m.threaded_sub_address,
  own_message_id: m.threaded_own_message_id,
  in_reply_to: m.threaded_in_reply_to,
  references: m.threaded_references,
  subject: m.threaded_subject,
  new: m.threaded_new,
  follows: m.threaded_follows
};

/** How a letter came: transport, authentication, threading. */
export function receivedLine(message: Message): string {
  const parts: string[] = [];
  if (message.session) {
    const { tls } = message.session;
    parts.push(tls ? m.received_tls({ version: tls.version }) : m.received_clear());
  }
  if (message.authentication) {
    const { spf, dkim, dmarc } = message.authentication;
    const best = dkim.some((signature) => signature.result === 'pass') ? 'pass' : (dkim[0]?.result ?? 'none');
    parts.push(`SPF ${spf.result}`, `DKIM ${best}`, `DMARC ${dmarc.result}`);
  }
  if (message.thread_step) parts.push(threaded[message.thread_step]());
  return parts.join(' · ');
}

export const deliveryStateWord = (state: Delivery['state']): string =>
  ({
    queued: m.state_queued,
    deferred: m.state_deferred,
    delivered: m.state_delivered,
    failed: m.state_failed,
    held: m.state_held,
    cancelled: m.state_cancelled
  })[state]();

/** What became of a letter for one recipient. */
export function deliveryLine(delivery: Delivery, now: number): string {
  const { recipient } = delivery;
  switch (delivery.state) {
    case 'queued':
      return m.delivery_queued({ recipient });
    case 'deferred':
      return m.delivery_deferred({ recipient, time: relative(delivery.next_attempt_at, now) });
    case 'delivered':
      return m.delivery_delivered({ recipient });
    case 'failed':
      return m.delivery_failed({ recipient });
    case 'held':
      return m.delivery_held({ recipient });
    case 'cancelled':
      return m.delivery_cancelled({ recipient });
  }
}

/** What a server further on reported of it. */
export function reportLine({ recipient }: Delivery, report: Delivery['reports'][number]): string {
  const words = {
    failed: m.report_failed,
    delayed: m.report_delayed,
    delivered: m.report_delivered,
    relayed: m.report_relayed,
    expanded: m.report_expanded
  };
  return words[report.action]({ recipient, server: report.server });
}

/** Why no automatic letter answers a letter. */
export const heldBackLine = (why: NonNullable<Message['held_back']>): string =>
  m.held_back({
    why: {
      null_sender: m.held_back_null_sender,
      robot: m.held_back_robot,
      report: m.held_back_report,
      own_address: m.held_back_own_address,
      bad_address: m.held_back_bad_address,
      suppressed: m.held_back_suppressed,
      unproven: m.held_back_unproven,
      ping_pong: m.held_back_ping_pong,
      address_budget: m.held_back_address_budget,
      ticket_budget: m.held_back_ticket_budget,
      no_sender: m.held_back_no_sender
    }[why]()
  });

export const automaticWord = (kind: NonNullable<Message['automatic']>): string =>
  ({ auto_reply: m.automatic_auto_reply, delivery_report: m.automatic_delivery_report })[kind]();

/** Why an address is suppressed. */
export const suppressionLine = ({ reason, address, detail }: Suppression): string =>
  ({
    bounced: m.suppressed_bounced,
    complained: m.suppressed_complained,
    by_hand: m.suppressed_by_hand,
    unsubscribed: m.suppressed_unsubscribed
  })[reason]({ address, detail });

export const suppressedWord = (reason: Suppression['reason']): string =>
  ({
    bounced: m.reason_bounced,
    complained: m.reason_complained,
    by_hand: m.reason_by_hand,
    unsubscribed: m.reason_unsubscribed
  })[reason]();

export const needsEyesWord = (why: NonNullable<Message['needs_eyes']>): string =>
  ({
    unparseable: m.needs_eyes_why_unparseable,
    from: m.needs_eyes_why_from,
    too_complex: m.needs_eyes_why_too_complex,
    too_many_headers: m.needs_eyes_why_too_many_headers
  })[why]();

/** How a recipient or a connection ended. */
export const verdictWord = (verdict: LedgerLine['verdict']): string =>
  ({
    accepted: m.verdict_accepted,
    refused: m.verdict_refused,
    deferred: m.verdict_deferred,
    quarantined: m.verdict_quarantined,
    ended: m.verdict_ended
  })[verdict]();

/** What the server's policy looked at. */
export const stageWord = (stage: Stage): string =>
  ({
    early_talker: m.stage_early_talker,
    pipelining: m.stage_pipelining,
    helo: m.stage_helo,
    dnsbl: m.stage_dnsbl,
    spf: m.stage_spf,
    dmarc: m.stage_dmarc,
    rspamd: m.stage_rspamd,
    virus: m.stage_virus,
    unscanned: m.stage_unscanned
  })[stage]();

const dispositions = new Map<string, () => string>([
  ['none', m.done_none],
  ['pass', m.done_none],
  ['quarantine', m.done_quarantine],
  ['reject', m.done_reject]
]);

/** What a receiver did with a letter; what no standard knows stays as it was reported. */
export const dispositionWord = (disposition: string): string =>
  dispositions.get(disposition)?.() ?? disposition;

/** What is weak about a signature. */
export const weaknessWord = (weakness: DkimWeakness): string =>
  ({
    sha1: m.weak_sha1,
    short_key: m.weak_short_key,
    body_length: m.weak_body_length,
    unsigned_body: m.weak_unsigned_body,
    unsigned_from: m.weak_unsigned_from,
    test: m.weak_test
  })[weakness]();

const tlsPolicies = new Map<string, () => string>([
  ['opportunistic', m.policy_opportunistic],
  ['required', m.policy_required],
  ['implicit', m.policy_implicit],
  ['never', m.policy_never],
  ['dane', m.policy_dane],
  ['mta-sts', m.policy_mta_sts],
  ['mta-sts testing', m.policy_mta_sts_testing]
]);

/** What was demanded of TLS towards a server. */
export const tlsPolicyWord = (policy: string): string => tlsPolicies.get(policy)?.() ?? policy;

/** The colour of a method's result. */
export function resultTone(result: AuthResult): string {
  if (result === 'pass') return 'good';
  return result === 'fail' || result === 'permerror' ? 'bad' : '';
}

/** Octets as people read them. */
export function size(octets: number): string {
  const [count, unit] = octets < 1_000_000 ? [octets / 1000, 'kilobyte'] : [octets / 1_000_000, 'megabyte'];
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: count < 10 ? 1 : 0
  }).format(count);
}

export const checkStateWord = (state: CheckState): string =>
  ({ ok: m.check_ok, unknown: m.check_unknown, warning: m.check_warning, error: m.check_error })[state]();

export const keyStageWord = (stage: KeyStage): string =>
  ({ pending: m.key_stage_pending, active: m.key_stage_active, retired: m.key_stage_retired })[stage]();
