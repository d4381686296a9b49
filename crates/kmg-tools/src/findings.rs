//! The reference of findings, made from the tables that the program works with.

use std::fmt::Write as _;

use kmg_core::plan::{Demand, Rule, Severity, rules};
use kmg_diagnosis::Id;

/// The groups of findings about a change, by the letter of their ids.
const GROUPS: [(&str, &str); 7] = [
    ("KMG-A", "Availability"),
    ("KMG-I", "Images"),
    ("KMG-S", "Security of the Pods"),
    ("KMG-N", "Services and their traffic"),
    ("KMG-O", "Ownership and what hangs on the object"),
    ("KMG-T", "What the change touches"),
    ("KMG-F", "What the review itself lacks"),
];

/// Every finding about a change and every finding of a diagnosis, in Markdown.
pub fn findings_reference() -> String {
    let mut text =
        "# Findings\n\nMade from the program's own tables.\n\n## About a change\n\nWhat the reviewer is told about a plan. An id may \
        stand for several degrees of the same thing; a rule that would refuse what an object had before and keeps only shows it.\n"
            .to_owned();
    for (prefix, title) in GROUPS {
        let _infallible = write!(text, "\n### {title}\n\n| id | grave | asks for | says |\n| --- | --- | --- | --- |\n");
        for rule in rules::ALL.iter().filter(|rule| rule.id().starts_with(prefix)) {
            row(&mut text, rule);
        }
    }
    text.push_str(
        "\n## Of a diagnosis\n\nWhat `get_deployment_diagnostics`, `get_pod_diagnostics` and `get_service_diagnostics` find. How bad a \
         finding is depends on what it keeps from serving; a cause is named where it can be told.\n\n\
         | id | says | causes | what to do |\n| --- | --- | --- | --- |\n",
    );
    for id in Id::ALL {
        let causes: Vec<_> = id.causes().iter().map(|cause| format!("`{cause}`")).collect();
        let _infallible = writeln!(text, "| `{}` | {} | {} | {} |", id.as_str(), id.says(), causes.join(", "), id.next());
    }
    text
}

fn row(text: &mut String, rule: &Rule) {
    let grave = match rule.severity() {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::High => "high",
    };
    let demand = match rule.demand() {
        Demand::Show => "to be seen",
        Demand::TypedName => "the name, typed",
        Demand::TwoApprovers => "a second person",
        Demand::Deny => "refused before a person is asked",
    };
    let _infallible = writeln!(text, "| {} | {grave} | {demand} | {} |", rule.id(), rule.summary());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_in_one_group_and_no_cell_breaks_the_table() {
        let text = findings_reference();
        for rule in rules::ALL {
            assert_eq!(GROUPS.iter().filter(|(prefix, _)| rule.id().starts_with(prefix)).count(), 1, "{}", rule.id());
            assert!(!rule.summary().contains('|') && text.contains(rule.summary()), "{}", rule.id());
        }
        for id in Id::ALL {
            assert!(!id.says().contains('|') && !id.next().contains('|'), "{}", id.as_str());
            assert_eq!(text.matches(&format!("\n| `{}` |", id.as_str())).count(), 1, "{}", id.as_str());
        }
    }
}
