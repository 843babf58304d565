//! `POST /attachments`: a file for an answer that is still to be written.
//!
//! The body is the file's octets, and goes into the store as it comes. An answer then names the file by its id.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::Params;
use super::messages::idempotency_key;
use super::problem::Problem;
use crate::desk::commands::{NewUpload, UploadWriter};
use crate::desk::{DeskError, Upload};

/// Between two pieces of a body.
const STALL: Duration = Duration::from_secs(30);

/// What is too large is read (and dropped) up to so many times the limit: a client that is still sending does not hear why it
/// was refused.
const DROPPED: u64 = 4;

/// What the file is called.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadParams {
    /// The file's name; a path in front of it is taken away.
    pub name: String,
}

/// A file that can be attached to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(super) struct UploadItem {
    /// What an answer names it by. Only the operator who uploaded it can attach it.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its octets.
    pub size: u64,
}

impl UploadItem {
    fn of(upload: Upload) -> Self {
        Self { id: upload.id, name: upload.name, content_type: upload.content_type, size: upload.size }
    }
}

/// Takes a file for an answer. It waits for its answer for 24 hours; `413` where it is larger than `[outbound] attachment_size`.
#[utoipa::path(
    post,
    path = "/attachments",
    operation_id = "upload_attachment",
    tag = "messages",
    params(
        UploadParams,
        ("Idempotency-Key" = Option<String>, Header, description = "The same key again gives the same upload.")
    ),
    request_body(content = String, content_type = "application/octet-stream",
        description = "The file's octets. Its media type is that of the request."),
    responses((status = 201, description = "The upload.", body = UploadItem))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let new = NewUpload {
        name: params.name,
        content_type: content_type(headers),
        idempotency_key: idempotency_key(headers)?,
    };
    let most = app.http.config.outbound.attachment_size as u64;
    let mut writer = app.http.desk.begin_upload(&actor, new).await?;
    match take(&mut writer, request.into_body(), most.saturating_mul(DROPPED)).await {
        Ok(()) => {
            let upload = writer.finish().await?;
            Ok((StatusCode::CREATED, Json(UploadItem::of(upload))).into_response())
        }
        Err(problem) => {
            writer.abandon().await;
            Err(problem)
        }
    }
}

/// Writes the body as it comes.
async fn take(writer: &mut UploadWriter, body: Body, dropped: u64) -> Result<(), Problem> {
    let mut body = body.into_data_stream();
    let mut refused: Option<DeskError> = None;
    let mut octets = 0_u64;
    loop {
        let piece = match tokio::time::timeout(STALL, body.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => return refused.map_or(Ok(()), |error| Err(error.into())),
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_request", "The body broke off."));
            }
        };
        octets = octets.saturating_add(piece.len() as u64);
        if refused.is_some() {
            if octets > dropped {
                return refused.map_or(Ok(()), |error| Err(error.into()));
            }
        } else if let Err(error) = writer.write(&piece).await {
            if !matches!(error, DeskError::TooLarge(_)) {
                return Err(error.into());
            }
            refused = Some(error);
        }
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.unwrap_or_default().to_owned()
}
