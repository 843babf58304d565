//! Adds a group.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Group, Written, keys, validate};

/// Operators of one group.
const MEMBERS: usize = 1_000;

impl Desk {
    /// Adds a group of at most 1,000 operators. Answers its id.
    pub async fn add_group(&self, actor: &Actor, name: &str, members: Vec<u64>) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        let name = validate::name("name", name)?;
        let mut members = members;
        members.sort_unstable();
        members.dedup();
        if members.len() > MEMBERS {
            return Err(DeskError::invalid("members", format!("at most {MEMBERS} operators")));
        }
        self.may_grow()?;
        let group = Group { id: self.inner.ids.next(&*self.inner.store).await?, name, members };
        self.change_setup(actor, |directory, batch| {
            if directory.group_by_name(&group.name).is_some() {
                return Err(DeskError::Exists(format!("a group {}", group.name)));
            }
            if let Some(stranger) = group.members.iter().find(|member| !directory.operators.contains_key(member)) {
                return Err(DeskError::invalid("members", format!("there is no operator {stranger}")));
            }
            batch.put(keys::group(group.id), encode(&group));
            Ok(group.id)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::{DeskError, testing};

    #[tokio::test]
    async fn a_group_has_a_name_of_its_own_and_known_members() {
        let test = testing::desk().await;
        let id = test.desk.add_group(&test.admin, "Warranty", vec![test.operator, test.operator]).await.unwrap().value;
        assert_eq!(test.desk.directory().groups[&id].members, [test.operator]);
        let again = test.desk.add_group(&test.admin, "warranty", vec![]).await;
        assert!(matches!(again, Err(DeskError::Exists(_))), "{again:?}");
        let stranger = test.desk.add_group(&test.admin, "B2B", vec![999_999]).await;
        assert!(matches!(stranger, Err(DeskError::Invalid { .. })), "{stranger:?}");
        let operator = test.desk.add_group(&test.actor, "B2B", vec![]).await;
        assert!(matches!(operator, Err(DeskError::Forbidden)), "{operator:?}");
    }
}
