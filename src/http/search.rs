//! `GET /search`: tickets by words, identifiers and operators, best first.
//!
//! The index holds text only. The `status:` and `tag:` of a query are asked of the board, so that they are exact and as
//! fresh as the lists.

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
use crate::search::{Hit, OFFSET_MAX, parse};

/// What is searched.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// Words, identifiers, `"phrases"`, `-without`, `from:`, `to:`, `subject:`, `before:`, `after:`,
    /// `status:`, `tag:`. Any text is valid.
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
    let question = question(&params.q, filter)?;
    let Some(filter) = question.filter else { return Ok(Json(SearchPage { items: Vec::new(), next: None })) };
    if !question.has_text {
        position::reach(app.http.board.position(), params.min_pos).await?;
        let page = app.http.board.list(&filter, Order::LastMessage, params.cursor.as_deref(), limit)?;
        let rows = rows(&app.http.desk, &page.numbers).await?;
        let items = rows.into_iter().map(|row| SearchHit { row, message: None, score: 0.0 }).collect();
        return Ok(Json(SearchPage { items, next: page.next }));
    }
    let found = find(&app, &params.q, &filter, params.cursor.as_deref(), limit, params.min_pos).await?;
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
    query: &str,
    filter: &Filter,
    cursor: Option<&str>,
    limit: usize,
    min_pos: Option<u64>,
) -> Result<Found, Problem> {
    position::reach(app.http.search.position(), min_pos).await?;
    position::reach(app.http.board.position(), min_pos).await?;
    let offset = offset(cursor)?;
    let predicate = (*filter != Filter::default()).then(|| app.http.board.predicate(filter));
    let hits = app.http.search.query(query, predicate, offset, limit).await?;
    let next = offset.saturating_add(hits.len());
    let next = (hits.len() == limit && next <= OFFSET_MAX).then(|| next.to_string());
    Ok(Found { hits, next })
}

/// What a query asks: of the board, and of the index.
pub(super) struct Question {
    /// What the board is asked; `None` where no ticket can pass.
    pub filter: Option<Filter>,
    /// There is something that the index must be asked.
    pub has_text: bool,
}

/// Reads a query: its `status:` and `tag:` join the filter.
pub(super) fn question(query: &str, mut filter: Filter) -> Result<Question, Problem> {
    let mut parsed = parse(query);
    let (words, tag) = (std::mem::take(&mut parsed.status), parsed.tag.take());
    let has_text = !parsed.is_empty();
    if let Some(tag) = tag {
        if filter.tag.is_some() {
            return Err(Problem::invalid("tag", "is given twice"));
        }
        filter.tag = Some(tag);
    }
    if words.is_empty() {
        return Ok(Question { filter: Some(filter), has_text });
    }
    // A word that is no status is no error while somebody types: no ticket has it.
    let asked = words.iter().flat_map(|word| word.split(',')).filter_map(|word| super::tickets::status(word).ok());
    let given = std::mem::take(&mut filter.status);
    filter.status = asked.filter(|status| given.is_empty() || given.contains(status)).collect();
    let possible = !filter.status.is_empty();
    Ok(Question { filter: possible.then_some(filter), has_text })
}

fn offset(cursor: Option<&str>) -> Result<usize, Problem> {
    let Some(cursor) = cursor else { return Ok(0) };
    let offset = cursor.parse().ok().filter(|offset| *offset <= OFFSET_MAX);
    offset.ok_or_else(|| Problem::invalid("cursor", "is not one that this list gave"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Status;

    fn asked(query: &str, filter: Filter) -> (Option<Filter>, bool) {
        let question = question(query, filter).unwrap();
        (question.filter, question.has_text)
    }

    #[test]
    fn status_and_tag_go_to_the_board_and_the_rest_to_the_index() {
        let (filter, has_text) = asked("lost status:open,new parcel tag:delivery/lost", Filter::default());
        let filter = filter.unwrap();
        assert_eq!(filter.status, [Status::Open, Status::New]);
        assert_eq!(filter.tag.as_deref(), Some("delivery/lost"));
        assert!(has_text);
        assert!(!asked("STATUS:on_hold", Filter::default()).1);
        assert_eq!(asked("", Filter::default()), (Some(Filter::default()), false));
    }

    #[test]
    fn both_the_parameter_and_the_query_must_hold() {
        let open = Filter { status: vec![Status::Open, Status::New], ..Filter::default() };
        assert_eq!(asked("status:open", open.clone()).0.unwrap().status, [Status::Open]);
        assert_eq!(asked("status:closed", open).0, None);
        assert_eq!(asked("status:clo", Filter::default()).0, None);
        let tagged = Filter { tag: Some("b2b".to_owned()), ..Filter::default() };
        assert_eq!(question("tag:delivery", tagged).err().map(|problem| problem.status), Some(422));
    }

    #[test]
    fn a_cursor_is_bounded() {
        assert_eq!(offset(Some("50")), Ok(50));
        assert!(offset(Some("10001")).is_err());
        assert!(offset(Some("-1")).is_err());
    }
}
