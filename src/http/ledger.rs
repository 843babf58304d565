//! `GET /ledger`: did a letter from x arrive, and what became of it?

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::Params;
use super::problem::Problem;
use super::time::Time;
use crate::desk::queries::LedgerQuery;
use crate::desk::{Directory, Finding, LedgerLine, LedgerVerdict, Reason};
use crate::mail::Address;

/// Lines of one page, at most.
const MAX_LIMIT: usize = 500;

const DEFAULT_LIMIT: usize = 100;

/// Which lines.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct LedgerParams {
    /// The envelope sender.
    pub sender: Option<String>,
    /// The recipient.
    pub recipient: Option<String>,
    /// The domain of the envelope sender.
    pub domain: Option<String>,
    /// The letter's Message-ID, with or without brackets.
    pub message_id: Option<String>,
    /// The ticket's number, with or without its prefix.
    pub ticket: Option<String>,
    /// The peer's IP address.
    pub peer: Option<String>,
    /// Not older than this: RFC 3339, or Unix milliseconds.
    pub since: Option<String>,
    /// Older than this: RFC 3339, or Unix milliseconds.
    pub until: Option<String>,
    /// Lines of the page: 1 to 500, usually 100.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// One page of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct LedgerPage {
    /// The lines, newest first.
    pub items: Vec<LedgerItem>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// One recipient's outcome, or a session's where it came to no recipient.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = LedgerLine)]
pub(super) struct LedgerItem {
    /// When.
    pub at: Time,
    /// The session.
    pub session: u64,
    /// `ip:port` of the peer.
    pub peer: String,
    /// The EHLO or HELO argument.
    pub helo: String,
    /// `TLSv1.3`; null for clear text.
    #[schema(required = true)]
    pub tls: Option<String>,
    /// The envelope sender; empty for the null sender.
    pub sender: String,
    /// The recipient; empty where there was none.
    pub recipient: String,
    /// How it ended.
    pub verdict: LedgerVerdict,
    /// Why.
    pub reason: Reason,
    /// What the reason means, for people.
    pub about: String,
    /// The whole reply as sent.
    pub reply: String,
    /// The rule that decided.
    #[schema(required = true)]
    pub rule: Option<u64>,
    /// The ticket's number.
    #[schema(required = true)]
    pub ticket: Option<u64>,
    /// The letter's Message-ID.
    #[schema(required = true)]
    pub message_id: Option<String>,
    /// The sum of the findings' points.
    pub score: i32,
    /// What the policy found.
    pub findings: Vec<Finding>,
    /// How many connections the line stands for.
    pub count: u32,
}

/// Looks up the ledger.
#[utoipa::path(
    get,
    path = "/ledger",
    operation_id = "list_ledger",
    tag = "ledger",
    params(LedgerParams),
    responses((status = 200, description = "One page of lines.", body = LedgerPage))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<LedgerParams>,
) -> Result<Json<LedgerPage>, Problem> {
    let (lines, next) = app.http.desk.ledger(&actor, &params.into_query()?).await?;
    Ok(Json(LedgerPage { items: lines.into_iter().map(LedgerItem::of).collect(), next }))
}

impl LedgerParams {
    fn into_query(self) -> Result<LedgerQuery, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
        }
        let time = |field, text: Option<String>| {
            let wrong = || Problem::invalid(field, "must be RFC 3339 or Unix milliseconds");
            text.map(|text| Time::parse(&text).map(|time| time.0).ok_or_else(wrong)).transpose()
        };
        let ticket = self.ticket.map(|ticket| {
            Directory::parse_number(ticket.trim())
                .ok_or_else(|| Problem::invalid("ticket", "must be a ticket's number"))
        });
        let peer =
            self.peer.map(|peer| peer.trim().parse().map_err(|_| Problem::invalid("peer", "must be an IP address")));
        Ok(LedgerQuery {
            sender: self.sender.as_deref().map(key),
            recipient: self.recipient.as_deref().map(key),
            domain: self.domain.map(|domain| domain.trim().trim_start_matches('@').to_lowercase()),
            message_id: self.message_id.map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()),
            ticket: ticket.transpose()?,
            peer: peer.transpose()?,
            since: time("since", self.since)?,
            until: time("until", self.until)?,
            limit,
            cursor: self.cursor,
        })
    }
}

/// An address as the ledger's key; what is no address is compared in lower case.
fn key(address: &str) -> String {
    let address = address.trim().trim_start_matches('<').trim_end_matches('>');
    Address::parse(address).map_or_else(|_| address.to_lowercase(), |address| address.key())
}

impl LedgerItem {
    fn of(line: LedgerLine) -> Self {
        Self {
            at: Time(line.at),
            session: line.session,
            peer: line.peer,
            helo: line.helo,
            tls: line.tls,
            sender: line.sender,
            recipient: line.recipient,
            verdict: line.verdict,
            reason: line.reason,
            about: line.reason.about().trim().to_owned(),
            reply: line.reply,
            rule: line.rule,
            ticket: line.ticket,
            message_id: line.message_id,
            score: line.score,
            findings: line.findings,
            count: line.count.unwrap_or(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_takes_times_of_either_form_and_bounded_pages() {
        let params = LedgerParams { since: Some("2023-11-14T22:13:20Z".to_owned()), ..LedgerParams::default() };
        let query = params.into_query().unwrap();
        assert_eq!((query.since, query.limit), (Some(1_700_000_000_000), 100));

        let params = LedgerParams { limit: Some(501), ..LedgerParams::default() };
        assert_eq!(params.into_query().unwrap_err().status, 422);
        let params = LedgerParams {
            domain: Some("@Shop.Test".to_owned()),
            message_id: Some("<1@shop.test>".to_owned()),
            ticket: Some("DEMO-1042".to_owned()),
            peer: Some("2001:db8::1".to_owned()),
            until: Some("5".to_owned()),
            ..LedgerParams::default()
        };
        let query = params.into_query().unwrap();
        assert_eq!((query.domain.as_deref(), query.message_id.as_deref()), (Some("shop.test"), Some("1@shop.test")));
        assert_eq!((query.ticket, query.until, query.peer.is_some()), (Some(1042), Some(5), true));
        let params = LedgerParams { peer: Some("mx.shop.test".to_owned()), ..LedgerParams::default() };
        assert_eq!(params.into_query().unwrap_err().errors[0].field, "peer");

        let params = LedgerParams { since: Some("today".to_owned()), ..LedgerParams::default() };
        assert_eq!(params.into_query().unwrap_err().errors[0].field, "since");
    }
}
