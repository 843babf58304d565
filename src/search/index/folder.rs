//! The index's folder: `schema-N` inside it, so that another version's index is never read.
//!
//! The files are not synced (`directory`): after a start of the machine each is checked by its checksum before it is used.

use std::io;
use std::path::{Path, PathBuf};

use tantivy::directory::Directory;
use tantivy::{Index, IndexSettings, TantivyError};

use super::boot;
use super::directory::UnsyncedDirectory;
use crate::search::SearchError;
use crate::search::schema::{Fields, SCHEMA_VERSION, schema};

/// Where a broken index is put, for whoever wants to look at it. The one before is removed.
const BROKEN: &str = "broken";

/// Opens or makes the index of this schema version.
pub(super) fn open(folder: &Path) -> Result<(Index, Fields), SearchError> {
    let current = folder.join(format!("schema-{SCHEMA_VERSION}"));
    std::fs::create_dir_all(&current)?;
    remove_other_versions(folder, &current)?;
    match open_tantivy(&current) {
        Ok(opened) => Ok(opened),
        Err(error) => {
            tracing::warn!(%error, folder = %current.display(), "the search index is broken: it is moved aside and built anew");
            move_aside(folder, &current)?;
            Ok(open_tantivy(&current)?)
        }
    }
}

fn open_tantivy(folder: &Path) -> tantivy::Result<(Index, Fields)> {
    let (schema, fields) = schema();
    // Nothing is stored: a thread of its own for compressing nothing would only cost its start at each commit.
    let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let index = Index::builder().schema(schema).settings(settings).open_or_create(UnsyncedDirectory::open(folder)?)?;
    // A reader opens every segment: what is missing or cut is known now, not at the first query.
    index.reader()?;
    let metas = index.load_metas()?;
    if metas.payload.is_some_and(|payload| payload.parse::<u64>().is_err()) {
        return Err(TantivyError::InvalidArgument("the commit's payload is no feed position".to_owned()));
    }
    if !boot::is_same(folder) {
        check(&index)?;
        boot::record(folder)?;
    }
    Ok((index, fields))
}

/// Reads every file of the index and compares its checksum: about a second for each gigabyte.
fn check(index: &Index) -> tantivy::Result<()> {
    let directory = index.directory();
    for path in index.load_metas()?.list_segment_files() {
        // A list of deleted documents is named even where nothing is deleted.
        if directory.exists(&path)? && !directory.validate_checksum(&path)? {
            return Err(TantivyError::InvalidArgument(format!("{} has a wrong checksum", path.display())));
        }
    }
    Ok(())
}

fn move_aside(folder: &Path, current: &Path) -> io::Result<()> {
    let aside: PathBuf = folder.join(BROKEN);
    match std::fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::rename(current, &aside)?;
    std::fs::create_dir_all(current)
}

fn remove_other_versions(folder: &Path, current: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_version =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("schema-"));
        if is_version && path != current {
            tracing::info!(folder = %path.display(), "the search index of another version is removed and built anew");
            std::fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}
