use crate::pack::Pack;

/// Every rule matches what it says it matches, and nothing that it says it does not.
#[test]
fn every_rule_keeps_its_word() {
    let (rules, wrong) = Pack::builtin().unwrap().test();
    assert!(rules > 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
