//! What README tells a newcomer to type: each make target is there and is run by `make test`, or CONTRIBUTING.md says that it is run
//! by hand; each `mxdesk` command is one.

use std::collections::BTreeSet;

use crate::desk_process::Desk;

/// What `make test` runs in the place of a longer or an interactive target.
const STAND_INS: &[(&str, &str)] =
    &[("run", "first-run-test"), ("demo", "demo-short"), ("crash-test", "crash-test-short")];

fn document(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a document of the checkout")
}

/// The targets of `make …` in code: between back-ticks, or at the beginning of a line.
fn targets(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mark in ["`make ", "\nmake "] {
        for behind in text.split(mark).skip(1) {
            let end = behind.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(behind.len());
            found.insert(behind[..end].to_owned());
        }
    }
    found
}

/// The text between back-ticks that begins with `mxdesk `.
fn commands(text: &str) -> Vec<String> {
    let code = text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("mxdesk "));
    code.map(|code| code.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_make_target_is_run_by_make_test_or_by_hand() {
    let (makefile, contributing) = (document("Makefile"), document("CONTRIBUTING.md"));
    let recipe = makefile.split("\ntest:").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a target test");
    let checked: BTreeSet<&str> = recipe.split_whitespace().collect();
    let by_hand = contributing.split("- **By hand**").nth(1).and_then(|rest| rest.split("\n- ").next());
    let by_hand = targets(by_hand.expect("what is run by hand"));
    for name in ["README.md", "CONTRIBUTING.md", "docs/administrator.md", "docs/ARCHITECTURE.md", "docs/STATUS.md"] {
        for target in targets(&document(name)) {
            assert!(makefile.contains(&format!("\n{target}: ")), "{name}: there is no `make {target}`");
        }
    }
    let told = targets(&document("README.md"));
    assert!(told.len() > 5, "{told:?}");
    for target in told.iter().chain(&by_hand) {
        let stand_in = STAND_INS.iter().find(|(whole, _)| whole == target).map_or(target.as_str(), |(_, short)| short);
        let is_run = target == "test" || checked.contains(stand_in);
        assert!(is_run != by_hand.contains(target), "`make {target}`: by `make test` {is_run}, else by hand");
    }
}

#[test]
fn every_mxdesk_command_is_one() {
    let desk = Desk::prepare("");
    let commands = commands(&document("README.md"));
    assert!(commands.len() >= 7, "{commands:?}");
    for command in &commands {
        let mut words = Vec::new();
        let mut rest = command.strip_prefix("mxdesk ").expect("a command");
        while !rest.is_empty() {
            let (word, behind) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').expect("a closing quote"),
                None => rest.split_at(rest.find(' ').unwrap_or(rest.len())),
            };
            words.push(word);
            rest = behind.trim_start();
        }
        // The file is the test's own, wherever the README has it.
        if let Some(at) = words.iter().position(|word| *word == "--config") {
            words.drain(at..at + 2);
        }
        let done = desk.try_run(&words, "a long password\n");
        let said =
            format!("{command}\n{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        match words[0] {
            // It leaves the file alone that is there; and nothing is published yet.
            "init" => assert!(done.status.code() == Some(1) && said.contains("left alone"), "{said}"),
            "dns" if words.get(1) == Some(&"check") => {
                assert!(done.status.code().is_some_and(|code| code < 2) && said.contains("port 25:"), "{said}");
            }
            _ => assert!(done.status.success(), "{said}"),
        }
    }
}
