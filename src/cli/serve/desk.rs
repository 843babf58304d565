//! Opens store and desk on the data folder.

use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

use anyhow::Context;

use crate::config::Config;
use crate::desk::{Desk, DeskSettings};
use crate::store::rocks::RocksStore;

/// An open desk.
pub(in crate::cli) struct Opened {
    pub(in crate::cli) desk: Desk,
}

/// Opens the store (which takes its lock) and the desk over it. The data folder is made where it is missing, mode 0700.
pub(in crate::cli) async fn open_desk(config: &Config) -> anyhow::Result<Opened> {
    let data_dir = &config.data_dir;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .with_context(|| format!("cannot make {}", data_dir.display()))?;
    let folder = data_dir.join("store");
    let floor = config.limits.min_free_space;
    let store = tokio::task::spawn_blocking(move || RocksStore::open(&folder, floor))
        .await?
        .with_context(|| format!("cannot open the store in {}", data_dir.display()))?;
    let settings = DeskSettings {
        hostname: config.hostname.clone(),
        dkim_dir: data_dir.join("dkim"),
        reopen_days: config.desk.reopen_days,
        hold_seconds: config.outbound.hold_seconds,
        letter_size: config.outbound.letter_size,
        attachment_size: config.outbound.attachment_size,
        count_dmarc: config.reports.send_dmarc,
        automatic: config.automatic.clone(),
        public_url: config.http.public_url.clone(),
    };
    let blobs: Arc<dyn crate::store::Blobs> = Arc::clone(&store) as _;
    let desk = Desk::open(store, blobs, settings).await.context("cannot open the desk")?;
    Ok(Opened { desk })
}
