//! The options of the DB and of each column family, by access profile.

use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, LogLevel, Options};

use super::super::Family;
use super::token;

/// One cache for the blocks of all families, in octets.
const BLOCK_CACHE: usize = 128 << 20;
/// All memtables together, in octets: beyond it the largest is written out.
const WRITE_BUFFERS: usize = 160 << 20;
/// The log, in octets: bounds the disk it takes, and the replay at start.
const LOG: u64 = 256 << 20;
/// Values of the blob family from this size on live in blob files, outside the levels: compaction does not copy them.
const BLOB_FILE_VALUES: u64 = 1024;

const FAMILIES: [Family; 6] = [Family::State, Family::Index, Family::Feed, Family::Queue, Family::Blob, Family::Misc];

/// The column family's name on disk. Never changed.
pub(super) const fn name(family: Family) -> &'static str {
    match family {
        Family::State => "state",
        Family::Index => "index",
        Family::Feed => "feed",
        Family::Queue => "queue",
        Family::Blob => "blob",
        Family::Misc => "misc",
    }
}

/// Options of the DB as a whole.
pub(super) fn db_options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_paranoid_checks(true);
    // What was synced lies before any damage that power loss leaves, so that it is all there; what was not synced may
    // end anywhere. `AbsoluteConsistency` would refuse to start over such an end, which is no loss.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    // One writer, one write a group: these would weaken the order of log and memtable for concurrent writers that
    // there are not.
    options.set_manual_wal_flush(false);
    options.set_enable_pipelined_write(false);
    options.set_unordered_write(false);
    options.set_max_total_wal_size(LOG);
    options.set_db_write_buffer_size(WRITE_BUFFERS);
    options.set_max_background_jobs(2);
    options.set_bytes_per_sync(1 << 20);
    options.set_max_open_files(1024);
    options.set_avoid_unnecessary_blocking_io(true);
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(8 << 20);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options
}

/// Every family with its options, around one cache.
pub(super) fn descriptors() -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(BLOCK_CACHE);
    FAMILIES.iter().map(|family| ColumnFamilyDescriptor::new(name(*family), options(*family, &cache))).collect()
}

fn options(family: Family, cache: &Cache) -> Options {
    let mut options = Options::default();
    options.set_write_buffer_size(32 << 20);
    // Room to go on while memtables are written out; `WRITE_BUFFERS` bounds the memory.
    options.set_max_write_buffer_number(4);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_bottommost_compression_type(DBCompressionType::Zstd);
    match family {
        Family::State | Family::Index => {}
        // Rows that are written once and deleted soon: files of mostly deletions are compacted early, or scans would
        // wade through them.
        Family::Feed | Family::Queue => options.add_compact_on_deletion_collector_factory(4096, 1024, 0.5),
        Family::Blob => {
            options.set_write_buffer_size(64 << 20);
            options.set_enable_blob_files(true);
            options.set_min_blob_size(BLOB_FILE_VALUES);
            options.set_blob_file_size(256 << 20);
            options.set_enable_blob_gc(true);
            // Compressed already, by `blobs`.
            options.set_blob_compression_type(DBCompressionType::None);
            options.set_compression_type(DBCompressionType::None);
            options.set_bottommost_compression_type(DBCompressionType::None);
        }
        Family::Misc => {
            options.set_compaction_filter("mxdesk.token-expiry", token::drop_expired);
            options.set_periodic_compaction_seconds(24 * 60 * 60);
        }
    }
    options.set_block_based_table_factory(&tables(cache));
    options
}

fn tables(cache: &Cache) -> BlockBasedOptions {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(cache);
    tables.set_block_size(16 << 10);
    // Ten bits a key: one read in a hundred for a key that is not there.
    tables.set_bloom_filter(10.0, false);
    tables.set_cache_index_and_filter_blocks(true);
    tables.set_pin_l0_filter_and_index_blocks_in_cache(true);
    tables
}
