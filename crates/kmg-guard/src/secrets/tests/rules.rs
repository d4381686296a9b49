//! Files of rules.

use super::super::*;

#[test]
fn a_rule_file_that_is_wrong_says_where() {
    let head = "[[rule]]\nid = \"SEC-X-001\"\nversion = 1\nseverity = \"low\"\nconfidence = 9\nwhy = \"x\"\nmatch = [\"ab1\", \"ab2\", \"ab3\"]\nno_match = [\"x\", \"y\", \"z\"]\nkind = \"vendor-key\"\n";
    for (body, needle) in [
        ("literals = [\"ab\"]\nregex = '(?P<secret>ab\\d)'\n", "1 rules"),
        ("literals = [\"ab\"]\nregex = '(?P<secret>ab'\n", "regex:"),
        ("literals = [\"ab\"]\nregex = 'ab'\n", "secret"),
        ("literals = []\nregex = '(?P<secret>ab)'\n", "literals:"),
        ("literals = [\"ab\"]\n", "regex, structure:"),
        ("literals = [\"ab\"]\nstructure = \"none\"\n", "structure:"),
        ("literals = [\"ab\"]\nregex = '(?P<secret>ab\\d)'\nchecks = [\"odd\"]\n", "checks:"),
        ("literals = [\"ab\"]\nregex = '(?P<secret>ab\\d)'\nodd = 1\n", "odd"),
        ("literals = [\"ab\"]\nregex = '(?P<secret>zz)'\n", "match: does not fire"),
    ] {
        let said = match check_rules("x.toml", &format!("{head}{body}")) {
            Ok(count) => format!("{count} rules"),
            Err(reasons) => reasons.join("\n"),
        };
        assert!(said.contains(needle) && (said.contains("SEC-X-001") || said.ends_with("rules")), "{body}: {said}");
    }
}

#[test]
fn the_embedded_pack_is_proven() {
    let pack = pack::embedded().unwrap();
    pack.verify().unwrap();
    let failed: Vec<String> = pack.prove().iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
