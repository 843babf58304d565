//! The table of all key spaces: `schema/KEYS.md`, generated from [`Space::ALL`].

use std::fmt::Write;

use super::Space;

/// The table as Markdown.
pub fn keys_table() -> String {
    let mut table = String::from(
        "# Keys\n\n\
         Every key begins with its space's byte; ids behind it are big-endian, so that byte order is number order, and strings\n\
         (`str`) end with a NUL. The family is the RocksDB column family. A byte is never used again for another meaning.\n\n\
         Generated from `src/store/space.rs`: after a change there, `MXDESK_BLESS=1 cargo test keys_table` writes it again.\n\n\
         | byte | space | family | behind the byte | what it holds |\n\
         |---|---|---|---|---|\n",
    );
    for space in Space::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `0x{:02x}` | {} | {:?} | {} | {} |",
            *space as u8,
            space.name(),
            space.family(),
            space.layout(),
            space.about().trim(),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test without a runtime")]
    fn the_checked_in_keys_table_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/KEYS.md");
        if std::env::var_os("MXDESK_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, keys_table()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(checked_in, keys_table(), "run it with MXDESK_BLESS=1 and read the difference");
    }

    #[test]
    fn space_bytes_are_unique_and_ascend() {
        assert!(Space::ALL.is_sorted_by(|a, b| (*a as u8) < (*b as u8)));
        for space in Space::ALL {
            assert_eq!(Space::from_byte(*space as u8), Some(*space));
        }
        assert_eq!(Space::from_byte(0), None, "no space begins with NUL");
        assert_eq!(Space::from_byte(u8::MAX), None, "there is an end behind each space");
    }
}
