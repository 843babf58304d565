//! Reads a range of records page by page, up to a bound. No iterator outlives a page.

use minicbor::Decode;

use super::codec::Record;
use crate::store::{Key, Range, Store, StoreError};

/// How many rows one page asks for.
const PAGE: usize = 500;

/// The records of a range in its order, at most `most`, and whether there are more behind them.
pub(in crate::desk) async fn read<T>(
    store: &dyn Store,
    mut range: Range,
    most: usize,
) -> Result<(Vec<(Key, Record<T>)>, bool), StoreError>
where
    T: for<'b> Decode<'b, ()>,
{
    let mut records = Vec::new();
    loop {
        let wanted = (most - records.len()).min(PAGE);
        if wanted == 0 {
            let more = !store.scan(&range, 1).await?.rows.is_empty();
            return Ok((records, more));
        }
        let page = store.scan(&range, wanted).await?;
        for (key, stored) in page.rows {
            let record = Record::read(&stored)?;
            records.push((key, record));
        }
        match page.next {
            Some(last) => range.after = Some(last),
            None => return Ok((records, false)),
        }
    }
}
