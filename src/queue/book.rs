//! Writes down what attempts came to: until the store takes it, since what was delivered and is not written down goes out twice.

use std::time::{Duration, Instant};

use super::attempt::Told;
use super::net::Net;
use super::runner::Shared;
use crate::desk::commands::{AttemptOutcome, Attempted};
use crate::desk::{DeskError, TlsResult};

/// Pauses between tries.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Records the attempts of one transaction together.
pub(super) async fn record<N: Net>(shared: &Shared<N>, told: Vec<Told>, tls: Vec<TlsResult>) {
    let attempted: Vec<Attempted> = told.into_iter().filter_map(attempted).collect();
    if attempted.is_empty() {
        return;
    }
    let began = Instant::now();
    until_taken(|| shared.desk.record_attempts(&attempted, &tls)).await;
    // The window in which a power cut would send a letter again.
    metrics::histogram!("mxdesk_delivery_record_seconds").record(began.elapsed().as_secs_f64());
}

/// Tries again until the store takes it, or there is nothing to write it on.
pub(super) async fn until_taken<F: Future<Output = Result<(), DeskError>>>(mut record: impl FnMut() -> F) {
    let mut pause = SHORTEST;
    while let Err(error) = record().await {
        if matches!(error, DeskError::NotFound(_)) {
            tracing::error!(%error, "an attempt has no delivery to be recorded on");
            return;
        }
        tracing::warn!(%error, "an attempt is not recorded yet");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

fn attempted(told: Told) -> Option<Attempted> {
    let Told { delivery, attempt, outcome, notice } = told;
    let attempt = attempt?;
    metrics::counter!("mxdesk_delivery_attempts_total", "outcome" => word(outcome)).increment(1);
    tracing::info!(
        delivery = delivery.id, recipient = %delivery.recipient, server = %attempt.server, code = attempt.code,
        took_ms = attempt.took_ms, outcome = word(outcome), words = %attempt.text, "attempted to deliver"
    );
    Some(Attempted { delivery: delivery.id, attempt, outcome, notice })
}

fn word(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Delivered => "delivered",
        AttemptOutcome::Retry { .. } => "deferred",
        AttemptOutcome::Failed => "failed",
    }
}
