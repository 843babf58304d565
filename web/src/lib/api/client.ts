// The panel's only door to the server: a client over the types made from schema/openapi.json (`npm run api`).
import createClient from 'openapi-fetch';

import { m } from '$lib/messages';

import type { components, paths } from './schema';

export type Ticket = components['schemas']['TicketPage'];
export type TicketRow = components['schemas']['TicketRow'];
export type Message = components['schemas']['Message'];
export type Delivery = components['schemas']['Delivery'];
export type Suppression = components['schemas']['Suppression'];
export type Mailing = components['schemas']['Mailing'];
export type NewMailing = components['schemas']['NewMailing'];
export type Queued = components['schemas']['QueuedDelivery'];
export type QueueOrder = components['schemas']['QueueOrder'];
export type Trace = components['schemas']['Trace'];
export type Operator = components['schemas']['Operator'];
export type Status = components['schemas']['Status'];
export type Priority = components['schemas']['Priority'];
export type Finding = components['schemas']['PolicyFinding'];
export type LedgerLine = components['schemas']['LedgerLine'];
export type QuarantinedLetter = components['schemas']['QuarantinedLetter'];
export type Stage = components['schemas']['PolicyStage'];
export type Domain = components['schemas']['Domain'];
export type DomainReport = components['schemas']['DomainReport'];
export type CheckState = components['schemas']['CheckState'];
export type KeyStage = components['schemas']['KeyStage'];
export type ReportRow = components['schemas']['Report'];
export type ReportDetail = components['schemas']['ReportDetail'];
export type ReportSummary = components['schemas']['ReportSummary'];
export type DomainSummary = components['schemas']['DomainSummary'];
export type DmarcReport = components['schemas']['DmarcReport'];
export type TlsReport = components['schemas']['TlsReport'];
export type AuthResult = components['schemas']['AuthResult'];
export type DkimWeakness = components['schemas']['DkimWeakness'];
export type Counts = components['schemas']['BoardCounts'];

export const STATUSES: Status[] = ['new', 'open', 'pending', 'on_hold', 'solved', 'closed', 'spam'];
export const PRIORITIES: Priority[] = ['low', 'normal', 'high', 'urgent'];

export const api = createClient<paths>({ baseUrl: '/api/v1', fetch: answered });

/** Fetches; a server that cannot be reached is a problem like others, so that nobody waits for ever. */
async function answered(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return Response.json({ title: m.no_connection() }, { status: 503 });
  }
}

/** What a problem document (RFC 9457) says, for people. */
export function problemText(problem: unknown): string {
  if (typeof problem !== 'object' || problem === null) return String(problem);
  const { title, detail, errors } = problem as {
    title?: string;
    detail?: string;
    errors?: { field: string; problem: string }[];
  };
  if (errors?.length) return errors.map((error) => `${error.field}: ${error.problem}`).join('; ');
  return detail ?? title ?? '?';
}
