//! Compiles rules once: one walk over the tree says what is wrong with it and builds what is evaluated.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::check::check_rule;
use super::comparison::Comparison;
use super::scan::{Needles, Scan};
use super::{Action, Condition, Rule};

/// How deep a condition may nest.
const MAX_DEPTH: usize = 10;

/// How many tests one rule may hold.
const MAX_TESTS: usize = 100;

/// A look-up list: its keys in lower case. (Values come with the full rule vocabulary.)
pub type Table = HashSet<String>;

/// Rules, compiled.
#[derive(Debug, Default)]
pub struct RuleSet {
    pub(super) rules: Vec<CompiledRule>,
    pub(super) scan: Scan,
}

/// Why a rule cannot be used: said to the person who writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RuleError {
    /// Where in the rule (`when.all[1].value`).
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

/// One rule, ready to be evaluated.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) id: u64,
    pub(super) version: u64,
    pub(super) name: String,
    pub(super) mailboxes: Vec<String>,
    pub(super) when: Node,
    pub(super) then: Vec<Action>,
}

/// A condition, ready to be evaluated.
#[expect(clippy::large_enum_variant, reason = "made once when a rule is compiled, and walked often: no box on the way")]
#[derive(Debug)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Comparison),
}

/// What the rules of one set share while they are compiled.
pub(super) struct Shared<'a> {
    tables: &'a HashMap<String, Table>,
    kept: HashMap<String, Arc<Table>>,
    pub(super) needles: Needles,
}

impl RuleSet {
    /// Compiles rules with their ids and versions. Rules that are switched off are left out; the order is by position, then
    /// id. The error's path begins with the rule (`rule 7: when.all[1].value`).
    pub fn compile(rules: &[(u64, u64, Rule)], tables: &HashMap<String, Table>) -> Result<Self, RuleError> {
        let mut shared = Shared::new(tables);
        let mut enabled: Vec<_> = rules.iter().filter(|(_, _, rule)| rule.enabled).collect();
        enabled.sort_by_key(|(id, _, rule)| (rule.position, *id));
        let compiled = enabled.into_iter().map(|(id, version, rule)| {
            CompiledRule::new(*id, *version, rule, &mut shared)
                .map_err(|error| RuleError { path: format!("rule {id}: {}", error.path), ..error })
        });
        let rules = compiled.collect::<Result<_, _>>()?;
        Ok(Self { rules, scan: shared.needles.into_scan()? })
    }

    /// Checks one rule, as before it is saved.
    pub fn check(rule: &Rule) -> Result<(), RuleError> {
        CompiledRule::new(0, 0, rule, &mut Shared::new(&HashMap::new())).map(drop)
    }
}

impl RuleError {
    pub(super) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

impl<'a> Shared<'a> {
    fn new(tables: &'a HashMap<String, Table>) -> Self {
        Self { tables, kept: HashMap::new(), needles: Needles::default() }
    }

    /// The table of that name, kept once for all rules that ask it; `None` where there is none.
    pub(super) fn table(&mut self, name: &str) -> Option<Arc<Table>> {
        if let Some(kept) = self.kept.get(name) {
            return Some(Arc::clone(kept));
        }
        let table = Arc::new(self.tables.get(name)?.clone());
        self.kept.insert(name.to_owned(), Arc::clone(&table));
        Some(table)
    }
}

impl CompiledRule {
    fn new(id: u64, version: u64, rule: &Rule, shared: &mut Shared<'_>) -> Result<Self, RuleError> {
        check_rule(rule)?;
        Ok(Self {
            id,
            version,
            name: rule.name.clone(),
            mailboxes: rule.mailboxes.clone(),
            when: Node::new(&rule.when, "when", 1, &mut 0, shared)?,
            then: rule.then.clone(),
        })
    }
}

impl Node {
    fn new(
        condition: &Condition,
        path: &str,
        depth: usize,
        tests: &mut usize,
        shared: &mut Shared<'_>,
    ) -> Result<Self, RuleError> {
        if depth > MAX_DEPTH {
            return Err(RuleError::new(path, format!("nested deeper than {MAX_DEPTH}")));
        }
        let mut list = |conditions: &[Condition], key: &str| {
            let nodes = conditions.iter().enumerate().map(|(index, condition)| {
                Node::new(condition, &format!("{path}.{key}[{index}]"), depth + 1, tests, shared)
            });
            nodes.collect::<Result<Vec<_>, _>>()
        };
        match condition {
            Condition::All { all } => Ok(Node::All(list(all, "all")?)),
            Condition::Any { any } => Ok(Node::Any(list(any, "any")?)),
            Condition::Not { not } => {
                let inner = Node::new(not, &format!("{path}.not"), depth + 1, tests, shared)?;
                Ok(Node::Not(Box::new(inner)))
            }
            Condition::Test(test) => {
                *tests += 1;
                if *tests > MAX_TESTS {
                    return Err(RuleError::new(path, format!("more than {MAX_TESTS} tests in one rule")));
                }
                Ok(Node::Test(Comparison::new(test, path, shared)?))
            }
        }
    }
}
