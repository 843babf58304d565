//! `GET /search`: tickets by words, identifiers and operators, best first.
//!
//! The index holds text only. `status:` and `tag:` are taken out of the query here and asked of the board, so that they
//! are exact and as fresh as the lists.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::Params;
use super::position;
use super::problem::Problem;
use super::tickets::{TicketFilter, TicketRow, list, rows};
use crate::board::{Filter, Order};
use crate::search::Hit;

/// How far into the hits one can page.
const MAX_OFFSET: usize = 10_000;

/// Octets of a query.
const MAX_QUERY: usize = 1_000;

/// What is searched.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// Words, identifiers, `"phrases"`, `-without`, `from:`, `to:`, `before:`, `after:`, `status:`, `tag:`. Any text is valid.
    pub q: String,
    /// Hits of the page: 1 to 200, usually 50.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Wait (at most 2 seconds) until this feed position is seen.
    #[serde(default)]
    pub min_pos: Option<u64>,
}

/// One page of hits.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct SearchPage {
    /// The hits, best first.
    pub items: Vec<SearchHit>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A found ticket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct SearchHit {
    /// Its state.
    #[serde(flatten)]
    pub row: TicketRow,
    /// The best-fitting message in it; null where only operators were asked.
    #[schema(required = true)]
    pub message: Option<u64>,
    /// Higher fits better.
    pub score: f32,
}

/// Hits of one page with the cursor of the next.
pub(super) struct Found {
    pub hits: Vec<Hit>,
    pub next: Option<String>,
}

/// Searches tickets.
#[utoipa::path(
    get,
    path = "/search",
    operation_id = "search_tickets",
    tag = "tickets",
    params(SearchParams),
    responses((status = 200, description = "One page of hits.", body = SearchPage))
)]
pub(super) async fn search(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<SearchParams>,
) -> Result<Json<SearchPage>, Problem> {
    let limit = list::limit(params.limit)?;
    let filter = TicketFilter::default().resolve(&actor, &app.http.desk.directory())?;
    let (words, filter) = split_operators(&params.q, filter)?;
    if words.is_empty() {
        position::reach(app.http.board.position(), params.min_pos).await?;
        let page = app.http.board.list(&filter, Order::LastMessage, params.cursor.as_deref(), limit)?;
        let rows = rows(&app.http.desk, &page.numbers).await?;
        let items = rows.into_iter().map(|row| SearchHit { row, message: None, score: 0.0 }).collect();
        return Ok(Json(SearchPage { items, next: page.next }));
    }
    let found = find(&app, &words, &filter, params.cursor.as_deref(), limit, params.min_pos).await?;
    let numbers: Vec<u64> = found.hits.iter().map(|hit| hit.ticket).collect();
    let rows = rows(&app.http.desk, &numbers).await?;
    let hit_of = |row: TicketRow| {
        let hit = found.hits.iter().find(|hit| hit.ticket == row.number);
        SearchHit { message: hit.map(|hit| hit.message), score: hit.map_or(0.0, |hit| hit.score), row }
    };
    Ok(Json(SearchPage { items: rows.into_iter().map(hit_of).collect(), next: found.next }))
}

/// One page of hits among the tickets that pass a filter.
pub(super) async fn find(
    app: &App,
    words: &str,
    filter: &Filter,
    cursor: Option<&str>,
    limit: usize,
    min_pos: Option<u64>,
) -> Result<Found, Problem> {
    position::reach(app.http.search.position(), min_pos).await?;
    position::reach(app.http.board.position(), min_pos).await?;
    let offset = offset(cursor)?;
    let predicate = (*filter != Filter::default()).then(|| app.http.board.predicate(filter));
    let hits = app.http.search.query(words, predicate, offset, limit).await?;
    let next = offset.saturating_add(hits.len());
    let next = (hits.len() == limit && next <= MAX_OFFSET).then(|| next.to_string());
    Ok(Found { hits, next })
}

/// Takes `status:` and `tag:` out of a query and into the filter. What stands in quotation marks is left alone.
pub(super) fn split_operators(query: &str, mut filter: Filter) -> Result<(String, Filter), Problem> {
    if query.len() > MAX_QUERY {
        return Err(Problem::invalid("q", format!("longer than {MAX_QUERY} octets")));
    }
    let mut words: Vec<&str> = Vec::new();
    for token in tokens(query) {
        let operator = token.split_once(':').filter(|(_, value)| !value.is_empty());
        match operator {
            Some((name, value)) if name.eq_ignore_ascii_case("status") => {
                for word in value.split(',').filter(|word| !word.is_empty()) {
                    filter.status.push(super::tickets::status(word)?);
                }
            }
            Some((name, value)) if name.eq_ignore_ascii_case("tag") => filter.tag = Some(value.replace('"', "")),
            _ => words.push(token),
        }
    }
    Ok((words.join(" "), filter))
}

/// Splits at white space outside quotation marks.
fn tokens(query: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    query
        .split(move |character: char| {
            quoted ^= character == '"';
            character.is_whitespace() && !quoted
        })
        .filter(|token| !token.is_empty())
}

fn offset(cursor: Option<&str>) -> Result<usize, Problem> {
    let Some(cursor) = cursor else { return Ok(0) };
    let offset = cursor.parse().ok().filter(|offset| *offset <= MAX_OFFSET);
    offset.ok_or_else(|| Problem::invalid("cursor", "is not one that this list gave"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Status;

    fn split(query: &str) -> (String, Filter) {
        split_operators(query, Filter::default()).unwrap()
    }

    #[test]
    fn status_and_tag_go_to_the_board_and_the_rest_to_the_index() {
        let (words, filter) = split(" lost  status:open,new parcel tag:delivery/lost -from:x \"status:closed here\"");
        assert_eq!(words, "lost parcel -from:x \"status:closed here\"");
        assert_eq!(filter.status, [Status::Open, Status::New]);
        assert_eq!(filter.tag.as_deref(), Some("delivery/lost"));
    }

    #[test]
    fn a_query_of_operators_alone_leaves_no_words() {
        assert_eq!(split("STATUS:on_hold").0, "");
        assert_eq!(split("status:").0, "status:");
        assert_eq!(split("").0, "");
    }

    #[test]
    fn a_wrong_status_and_an_endless_query_are_refused() {
        assert_eq!(split_operators("status:lost", Filter::default()).unwrap_err().status, 422);
        assert_eq!(split_operators(&"x".repeat(MAX_QUERY + 1), Filter::default()).unwrap_err().status, 422);
    }

    #[test]
    fn a_cursor_is_bounded() {
        assert_eq!(offset(Some("50")), Ok(50));
        assert!(offset(Some("10001")).is_err());
        assert!(offset(Some("-1")).is_err());
    }
}
