//! Adds a rule.

use super::rule_check::check;
use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, StoredRule, Written, keys, validate};
use crate::rules::Rule;

impl Desk {
    /// Adds a rule; group, operator, mailbox and table names in it must exist. Answers its id.
    pub async fn add_rule(&self, actor: &Actor, rule: Rule) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        check(&self.directory(), &rule)?;
        self.may_grow()?;
        let id = self.inner.ids.next(&*self.inner.store).await?;
        self.change_setup(actor, |directory, batch| {
            let stored = StoredRule { id, version: 1, json: check(directory, &rule)? };
            batch.put(keys::rule(id), validate::record("rule", encode(&stored))?);
            Ok(id)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::desk::testing;
    use crate::rules::Facts;
    use crate::store::{Batch, Store};

    fn rule(then: Value) -> Rule {
        let subject = json!({"field": "subject", "op": "contains", "value": "parcel"});
        serde_json::from_value(json!({"name": "parcels", "when": subject, "then": [then]})).unwrap()
    }

    fn facts() -> Facts<'static> {
        Facts { subject: "My parcel", mailbox_prefix: "DEMO", ..Facts::default() }
    }

    #[tokio::test]
    async fn a_rule_acts_as_soon_as_it_is_added_changed_and_removed() {
        let test = testing::desk().await;
        let desk = &test.desk;
        let id = desk.add_rule(&test.admin, rule(json!({"action": "close"}))).await.unwrap().value;
        let outcome = desk.directory().rule_set.evaluate(&facts());
        assert_eq!(outcome.changes.status, Some(crate::rules::Status::Closed));
        assert_eq!((outcome.traces[0].rule, outcome.traces[0].version), (id, 1));

        let tags = rule(json!({"action": "add_tags", "value": ["delivery"]}));
        desk.replace_rule(&test.admin, id, tags).await.unwrap();
        let outcome = desk.directory().rule_set.evaluate(&facts());
        assert_eq!((outcome.changes.status, outcome.changes.tags), (None, vec!["delivery".to_owned()]));
        assert_eq!(outcome.traces[0].version, 2);

        desk.remove_rule(&test.admin, id).await.unwrap();
        assert!(desk.directory().rule_set.evaluate(&facts()).traces.is_empty());
        let gone = desk.remove_rule(&test.admin, id).await;
        assert!(matches!(gone, Err(DeskError::NotFound("rule"))), "{gone:?}");
    }

    #[rstest::rstest]
    #[case::group(json!({"action": "set_group", "value": "Nobody's"}))]
    #[case::operator(json!({"action": "set_assignee", "value": "nobody@demo.test"}))]
    #[case::tag(json!({"action": "add_tags", "value": ["no tag"]}))]
    #[tokio::test]
    async fn a_rule_may_not_name_what_is_not_there(#[case] then: Value) {
        let test = testing::desk().await;
        let outcome = test.desk.add_rule(&test.admin, rule(then)).await;
        assert!(matches!(outcome, Err(DeskError::Invalid { .. } | DeskError::Rule(_))), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_group_is_named_in_a_rule_as_it_will_be_looked_up() {
        let test = testing::desk().await;
        test.desk.add_group(&test.admin, "Warranty", vec![]).await.unwrap();
        let rule = |name: &str| rule(json!({"action": "set_group", "value": name}));
        let outcome = test.desk.add_rule(&test.admin, rule("warranty")).await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "then"), "{outcome:?}");
        test.desk.add_rule(&test.admin, rule("Warranty")).await.unwrap();
    }

    #[tokio::test]
    async fn a_rule_may_not_ask_a_table_or_a_mailbox_that_is_not_there() {
        let test = testing::desk().await;
        let when = json!({"not": {"any": [{"field": "from", "op": "in_table", "value": "stores"}]}});
        let table = json!({"name": "stores", "when": when, "then": [{"action": "close"}]});
        let asks_table: Rule = serde_json::from_value(table).unwrap();
        let outcome = test.desk.add_rule(&test.admin, asks_table.clone()).await;
        assert!(matches!(outcome, Err(DeskError::Invalid { .. })), "{outcome:?}");
        test.desk.put_table(&test.admin, "stores", vec!["riga@demo.test".to_owned()]).await.unwrap();
        test.desk.add_rule(&test.admin, asks_table).await.unwrap();

        let mailbox = Rule { mailboxes: vec!["NONE".to_owned()], ..rule(json!({"action": "close"})) };
        let outcome = test.desk.add_rule(&test.admin, mailbox).await;
        assert!(matches!(outcome, Err(DeskError::Invalid { .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn an_operator_may_not_touch_rules() {
        let test = testing::desk().await;
        let close = || rule(json!({"action": "close"}));
        assert!(matches!(test.desk.add_rule(&test.actor, close()).await, Err(DeskError::Forbidden)));
        assert!(matches!(test.desk.replace_rule(&test.actor, 1, close()).await, Err(DeskError::Forbidden)));
        assert!(matches!(test.desk.remove_rule(&test.actor, 1).await, Err(DeskError::Forbidden)));
    }

    #[tokio::test]
    async fn a_stored_rule_that_no_longer_compiles_is_left_out_and_the_others_act() {
        let test = testing::desk().await;
        test.desk.add_rule(&test.admin, rule(json!({"action": "close"}))).await.unwrap();
        let mut batch = Batch::new();
        let broken_regex = json!({
            "name": "broken",
            "when": {"field": "subject", "op": "matches", "value": "("},
            "then": [{"action": "close"}]
        });
        for (id, json) in [(900, "not even JSON".to_owned()), (901, broken_regex.to_string())] {
            batch.put(keys::rule(id), encode(&StoredRule { id, version: 1, json }));
        }
        test.store.commit(batch).await.unwrap();
        let desk = test.reopen().await;
        let outcome = desk.directory().rule_set.evaluate(&facts());
        assert_eq!(outcome.changes.status, Some(crate::rules::Status::Closed));
        assert_eq!(outcome.traces.len(), 1);
    }
}
