//! Sets a look-up table.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, StoredTable, Written, keys, validate};

/// Keys of one table.
const KEYS: usize = 2_000;

impl Desk {
    /// Sets a table's keys: at most 2,000, and 60 KiB together. Answers its name.
    pub async fn put_table(&self, actor: &Actor, name: &str, keys: Vec<String>) -> Result<Written<String>, DeskError> {
        actor.may_set_up()?;
        let name = validate::name("name", name)?;
        if keys.len() > KEYS {
            return Err(DeskError::invalid("keys", format!("at most {KEYS} keys")));
        }
        let keys = keys.iter().map(|key| validate::name("keys", key)).collect::<Result<Vec<_>, _>>()?;
        let table = StoredTable { name, keys };
        let record = validate::record("keys", encode(&table))?;
        self.change_setup(actor, |_, batch| {
            batch.put(keys::table(&table.name), record.clone());
            Ok(table.name.clone())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::{DeskError, testing};

    #[tokio::test]
    async fn a_table_is_set_whole_and_compared_in_lower_case() {
        let test = testing::desk().await;
        test.desk.put_table(&test.admin, "stores", vec!["Riga".to_owned(), "Oslo".to_owned()]).await.unwrap();
        test.desk.put_table(&test.admin, "stores", vec!["Riga".to_owned()]).await.unwrap();
        let directory = test.desk.directory();
        assert!(directory.tables["stores"].contains("riga"));
        assert_eq!(directory.tables["stores"].len(), 1);
    }

    #[tokio::test]
    async fn a_table_that_the_store_would_not_take_is_refused_in_words() {
        let test = testing::desk().await;
        let wide = (0..1_000).map(|n| format!("{n}{}", "x".repeat(150))).collect();
        let outcome = test.desk.put_table(&test.admin, "stores", wide).await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "keys"), "{outcome:?}");
    }
}
