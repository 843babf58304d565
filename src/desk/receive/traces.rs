//! The traces that are kept with a message: as many as one record holds, those of rules that acted first.

use minicbor::Encode;

use crate::desk::codec::encode;
use crate::rules::Trace;

/// The traces as a record of at most `room` octets, in the order of evaluation.
pub(super) fn bounded(traces: &[Trace], room: usize) -> Vec<u8> {
    let whole = encode(&traces);
    if whole.len() <= room {
        return whole;
    }
    // The list's own frame takes up to 10 octets.
    let mut left = room.saturating_sub(10);
    let mut kept: Vec<(usize, Trace)> = Vec::new();
    let (acted, idle): (Vec<_>, Vec<_>) = traces.iter().enumerate().partition(|(_, trace)| trace.acted);
    for (place, trace) in acted.into_iter().chain(idle) {
        if let Some((trace, size)) = fitting(trace.clone(), left) {
            left -= size;
            kept.push((place, trace));
        }
    }
    kept.sort_unstable_by_key(|(place, _)| *place);
    encode(&kept.into_iter().map(|(_, trace)| trace).collect::<Vec<_>>())
}

/// A trace of at most `room` octets with its size: where it is too large, that of a rule that acted loses tests from its end, and
/// at last its changes; any other is left out.
fn fitting(mut trace: Trace, room: usize) -> Option<(Trace, usize)> {
    loop {
        let size = size(&trace);
        if size <= room {
            return Some((trace, size));
        }
        if !trace.acted || (trace.predicates.is_empty() && trace.changes.is_empty()) {
            return None;
        }
        if trace.predicates.is_empty() {
            trace.changes.truncate(trace.changes.len() / 2);
        } else {
            trace.predicates.truncate(trace.predicates.len() / 2);
        }
    }
}

fn size(record: &impl Encode<()>) -> usize {
    encode(record).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::codec::decode;
    use crate::rules::Predicate;

    fn trace(rule: u64, acted: bool, tests: usize) -> Trace {
        let saw = Predicate { saw: "ж".repeat(200), ..Predicate::default() };
        Trace { rule, acted, predicates: vec![saw; tests], ..Trace::default() }
    }

    fn rules(record: &[u8]) -> Vec<u64> {
        decode::<Vec<Trace>>(record).unwrap().iter().map(|trace| trace.rule).collect()
    }

    #[test]
    fn all_are_kept_where_they_fit() {
        assert_eq!(rules(&bounded(&[trace(1, false, 3), trace(2, true, 3)], 60_000)), [1, 2]);
    }

    #[test]
    fn those_that_acted_come_before_those_that_did_not() {
        let traces: Vec<_> = (1..=400).map(|rule| trace(rule, rule % 100 == 0, 2)).collect();
        let record = bounded(&traces, 60_000);
        assert!(record.len() <= 60_000, "{}", record.len());
        let kept = rules(&record);
        assert!(kept.is_sorted());
        assert!([1, 100, 200, 300, 400].iter().all(|rule| kept.contains(rule)), "{kept:?}");
        assert!(!kept.contains(&399));
    }

    #[test]
    fn one_trace_larger_than_the_room_loses_tests_rather_than_its_place() {
        let record = bounded(&[trace(1, true, 1_000)], 60_000);
        assert!(record.len() <= 60_000, "{}", record.len());
        assert_eq!(rules(&record), [1]);
    }
}
