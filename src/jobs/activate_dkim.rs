//! Takes pending DKIM keys into use as soon as their records stand in DNS.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::desk::{Actor, Desk};
use crate::mail::dkim::KeyStage;
use crate::mail::dns::Dns;
use crate::mail::dns_check::{DkimRecord, is_published};

/// How often DNS is asked: nobody waits for it, and a zone takes minutes to spread.
const EVERY: Duration = Duration::from_secs(300);

/// Looks every five minutes until `stop` becomes true (or its sender is gone).
pub async fn run(desk: Desk, dns: Dns, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = tick.tick() => {}
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = activate(&desk, &dns) => {}
        }
    }
}

/// Looks once at every domain that has pending keys: they are used when the records of all of them are seen.
pub async fn activate(desk: &Desk, dns: &Dns) {
    let domains: Vec<String> = desk.directory().dkim_keys.keys().cloned().collect();
    for domain in domains {
        let keys = desk.dkim_keys(&domain);
        let pending = || keys.iter().filter(|key| key.stage == KeyStage::Pending);
        if pending().next().is_none() || pending().any(|key| !key.usable) {
            continue;
        }
        let mut are_published = true;
        for key in pending() {
            match is_published(dns, &domain, &DkimRecord::from(key.clone())).await {
                Ok(is_published) => are_published &= is_published,
                Err(error) => {
                    tracing::debug!(domain, %error, "pending DKIM keys wait");
                    are_published = false;
                }
            }
        }
        if !are_published {
            continue;
        }
        match desk.activate_dkim(&Actor::System, &domain).await {
            Ok(_) => tracing::info!(domain, "the records of new DKIM keys are seen: letters are signed with them"),
            Err(error) => tracing::warn!(domain, %error, "new DKIM keys could not be taken into use"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing;
    use crate::mail::dns::test_server::TestDns;

    #[tokio::test]
    async fn keys_are_used_when_all_their_records_are_seen() {
        let test = testing::desk().await;
        let names = TestDns::start().await;
        let dns = Dns::new(&[names.address], Duration::from_secs(10));
        let keys = test.desk.rotate_dkim(&test.admin, "demo.test").await.unwrap();
        let pending = || test.desk.dkim_keys("demo.test").iter().filter(|key| key.stage == KeyStage::Pending).count();
        activate(&test.desk, &dns).await;
        assert_eq!(pending(), 2);
        let coming: Vec<_> = keys.iter().filter(|key| key.stage == KeyStage::Pending).collect();
        names.txt(&format!("{}._domainkey.demo.test", coming[0].selector), &coming[0].value).await;
        activate(&test.desk, &dns).await;
        assert_eq!(pending(), 2, "one of two is seen");
        names.txt(&format!("{}._domainkey.demo.test", coming[1].selector), &coming[1].value).await;
        activate(&test.desk, &dns).await;
        assert_eq!(pending(), 0);
        let active = test.desk.dkim_keys("demo.test").into_iter().filter(|key| key.stage == KeyStage::Active);
        assert_eq!(active.map(|key| key.selector).collect::<Vec<_>>(), ["mxdesk2", "mxdesk2-ed25519"]);
    }
}
