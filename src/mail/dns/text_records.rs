//! TXT records as text.

use hickory_resolver::proto::rr::{RData, RecordType};

use super::{Answer, Dns, DnsError};

impl Dns {
    /// The TXT records of a name, each with its strings joined; empty where there are none.
    pub async fn text_records(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let Answer::Records(records) = self.records(name, RecordType::TXT).await? else { return Ok(Vec::new()) };
        let text = |data: &RData| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(records.iter().filter_map(|record| text(&record.data)).collect())
    }
}
