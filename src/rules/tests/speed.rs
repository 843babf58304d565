//! Prints what 200 rules cost: the budget is 1 ms for a usual letter.

use std::time::{Duration, Instant};

use super::{Letter, rule};
use crate::rules::{BODY_OCTETS, Facts, RuleSet};

fn set() -> RuleSet {
    let stop = r#"[{"action":"add_tags","value":["t"]}]"#;
    let rules = (0..200u64).map(|id| {
        let when = match id % 4 {
            0 => format!(r#"{{"any":[{{"field":"body","op":"contains","value":"сертификат {id}"}},{{"field":"body","op":"contains","value":"refund {id}"}}]}}"#),
            1 => format!(r#"{{"field":"subject","op":"matches","value":"заказ\\s+{id}-(\\d+)"}}"#),
            2 => format!(r#"{{"all":[{{"field":"from","op":"ends","value":"client.test"}},{{"field":"body","op":"matches","value":"order\\s+{id}"}}]}}"#),
            _ => format!(r#"{{"field":"header","name":"X-Shop","op":"contains","value":"shop-{id}"}}"#),
        };
        (id, 1, rule(&when, stop))
    });
    RuleSet::compile(&rules.collect::<Vec<_>>(), &Default::default()).unwrap()
}

fn median(set: &RuleSet, facts: &Facts<'_>, rounds: usize) -> Duration {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            assert_eq!(set.evaluate(facts).traces.len(), 200);
            started.elapsed()
        })
        .collect();
    times.sort();
    times[rounds / 2]
}

#[test]
fn two_hundred_rules_over_a_letter() {
    let letter = Letter::new();
    let sentence = "Здравствуйте, мой заказ SO-2024/000123 ещё не пришёл, order number above. ";
    let usual = sentence.repeat(6 * 1024 / sentence.len());
    let huge = sentence.repeat(2 * BODY_OCTETS / sentence.len());
    let set = set();
    println!("6 KiB: {:?}", median(&set, &Facts { body: &usual, ..letter.facts() }, 51));
    println!("{} KiB: {:?}", BODY_OCTETS / 1024, median(&set, &Facts { body: &huge, ..letter.facts() }, 5));
}
