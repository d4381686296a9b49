//! Cases read and counted.

use std::collections::{BTreeMap, BTreeSet};

use kmg_core::problem::Refusal;
use serde_json::Value;

/// How many cases of each rule were run; two with the same input would count once only, so there are none.
#[derive(Default)]
pub(super) struct Tally {
    rules: BTreeMap<String, (usize, usize)>,
    inputs: BTreeSet<String>,
}

impl Tally {
    pub(super) fn count(&mut self, rule: &str, refused: bool, input: &str) {
        assert!(self.inputs.insert(input.to_owned()), "the case stands twice: {input:?}");
        let (good, bad) = self.rules.entry(rule.to_owned()).or_default();
        *if refused { bad } else { good } += 1;
    }

    #[expect(clippy::print_stdout, reason = "the counts are what this test reports")]
    pub(super) fn report(&self, what: &str) -> (usize, usize) {
        let mut sum = (0, 0);
        for (rule, (good, bad)) in &self.rules {
            println!("{what}: {bad:4} refused {good:4} taken  {rule}");
            sum = (sum.0 + good, sum.1 + bad);
        }
        println!("{what}: {:4} refused {:4} taken  in all", sum.1, sum.0);
        sum
    }
}

pub(super) fn lines(corpus: &str) -> impl Iterator<Item = Value> {
    corpus.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
}

pub(super) fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("no {member}: {case}"))
}

pub(super) fn code(refusal: &Refusal) -> &'static str {
    refusal.code.as_str()
}
