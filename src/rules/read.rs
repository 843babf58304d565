//! Reads conditions and actions from JSON so that an error says which place is wrong (`when.all[1]: unknown field …`):
//! serde's own reading of untagged trees only says that no variant fits, and passes over keys that do not belong.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map, Value};

use super::{Action, Condition, RuleError, Test};

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The recursion below is bounded by serde_json, which refuses JSON deeper than 128.
        condition(Value::deserialize(deserializer)?, "when").map_err(D::Error::custom)
    }
}

/// Reads a rule's `then`.
pub(super) fn actions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Action>, D::Error> {
    let values = Vec::<Value>::deserialize(deserializer)?;
    let actions = values.into_iter().enumerate().map(|(index, value)| action(value, &format!("then[{index}]")));
    actions.collect::<Result<_, _>>().map_err(D::Error::custom)
}

fn condition(value: Value, path: &str) -> Result<Condition, RuleError> {
    let Value::Object(mut map) = value else {
        return Err(RuleError::new(path, "expected `all`, `any`, `not`, or a test with `field`, `op` and `value`"));
    };
    if let Some(list) = sole(&mut map, "all", path)? {
        return Ok(Condition::All { all: conditions(list, &format!("{path}.all"))? });
    }
    if let Some(list) = sole(&mut map, "any", path)? {
        return Ok(Condition::Any { any: conditions(list, &format!("{path}.any"))? });
    }
    if let Some(inner) = sole(&mut map, "not", path)? {
        return Ok(Condition::Not { not: Box::new(condition(inner, &format!("{path}.not"))?) });
    }
    serde_json::from_value::<Test>(Value::Object(map))
        .map(Condition::Test)
        .map_err(|error| RuleError::new(path, error.to_string()))
}

fn conditions(value: Value, path: &str) -> Result<Vec<Condition>, RuleError> {
    let Value::Array(values) = value else {
        return Err(RuleError::new(path, "expected a list of conditions"));
    };
    values.into_iter().enumerate().map(|(index, value)| condition(value, &format!("{path}[{index}]"))).collect()
}

/// The value of `key`, which must then be the only key.
fn sole(map: &mut Map<String, Value>, key: &str, path: &str) -> Result<Option<Value>, RuleError> {
    let Some(value) = map.remove(key) else { return Ok(None) };
    match map.keys().next() {
        None => Ok(Some(value)),
        Some(other) => Err(RuleError::new(path, format!("`{other}` does not belong beside `{key}`"))),
    }
}

fn action(value: Value, path: &str) -> Result<Action, RuleError> {
    // serde passes over what stands beside the tag of an action without values, even where unknown fields are denied.
    if let Some(name @ ("close" | "stop")) = value.get("action").and_then(Value::as_str)
        && let Some(other) = value.as_object().and_then(|map| map.keys().find(|key| *key != "action"))
    {
        return Err(RuleError::new(path, format!("unknown field `{other}`: `{name}` takes no values")));
    }
    serde_json::from_value(value).map_err(|error| RuleError::new(path, error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::rules::Rule;

    fn error(when: &str, then: &str) -> String {
        let json = format!(r#"{{"name":"n","when":{when},"then":{then}}}"#);
        serde_json::from_str::<Rule>(&json).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_its_place() {
        let stop = r#"[{"action":"stop"}]"#;
        let test = r#"{"field":"subject","op":"is","value":"x"}"#;
        let cases = [
            (
                error(r#"{"all":[{"any":[]},{"feld":"subject","op":"is","value":"x"}]}"#, stop),
                "when.all[1]: unknown field `feld`",
            ),
            (error(r#"{"field":"subjekt","op":"is","value":"x"}"#, stop), "when: unknown variant `subjekt`"),
            (error(r#"{"not":{"field":"subject","op":"like","value":"x"}}"#, stop), "when.not: unknown variant `like`"),
            (error(r#"{"field":"subject","value":"x"}"#, stop), "when: missing field `op`"),
            (error(r#"{"all":[],"any":[]}"#, stop), "when: `any` does not belong beside `all`"),
            (error(r#"{"any":{}}"#, stop), "when.any: expected a list"),
            (error("7", stop), "when: expected `all`"),
            (error(test, r#"[{"action":"stop"},{"action":"explode"}]"#), "then[1]: unknown variant `explode`"),
            (error(test, r#"[{"action":"close","text":"x"}]"#), "then[0]: unknown field `text`"),
            (error(test, r#"[{"action":"set_status","value":"open","x":1}]"#), "then[0]: unknown field `x`"),
            (error(test, r#"[{"action":"set_status","value":"ajar"}]"#), "then[0]: unknown variant `ajar`"),
        ];
        for (said, wanted) in cases {
            assert!(said.starts_with(wanted), "{said:?} does not begin with {wanted:?}");
        }
        let unknown = serde_json::from_str::<Rule>(r#"{"nme":"n"}"#).unwrap_err().to_string();
        assert!(unknown.starts_with("unknown field `nme`, expected one of `name`"), "{unknown}");
    }

    #[test]
    fn json_that_is_too_deep_is_an_error() {
        let deep = format!(r#"{}{{"all":[]}}{}"#, r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
        assert!(error(&deep, "[]").contains("recursion limit"));
    }
}
