//! Every seed of `fuzz/seeds/`, and every crash that fuzzing found and that was put there, through its target.

use std::path::Path;

use rstest::rstest;

#[rstest]
#[case::frame("frame", crate::fuzzing::frame)]
#[case::command("command", crate::fuzzing::command)]
#[case::proxy("proxy", crate::fuzzing::proxy)]
#[case::letter("letter", crate::fuzzing::letter)]
#[case::bounce("bounce", crate::fuzzing::bounce)]
#[case::spf("spf", crate::fuzzing::spf)]
#[case::report("report", crate::fuzzing::report)]
#[case::sts("sts", crate::fuzzing::sts)]
#[case::rule("rule", crate::fuzzing::rule)]
#[case::key("key", crate::fuzzing::key)]
fn every_seed_keeps_the_promises(#[case] target: &str, #[case] run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        #[expect(clippy::disallowed_methods, reason = "a test without a runtime")]
        let seed = std::fs::read(entry.path()).unwrap();
        println!("{}", entry.path().display());
        run(&seed);
        seeds += 1;
    }
    assert!(seeds > 0, "{} has no seeds", folder.display());
}
