//! The model in the repository is what its corpus gives, bit for bit.

use std::fs;
use std::path::Path;

use kmg_guard_train::{card, corpus};
use kmg_testkit::lane;

#[test]
fn the_committed_model_is_rebuilt_bit_for_bit() {
    let case = "the linear model is rebuilt from its corpus";
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = workspace.join("../shared/corpora/dev.jsonl.gz");
    let Ok(file) = fs::File::open(&path) else {
        lane::skip("corpora", case, "the corpora are not there");
        return;
    };
    let files = card::build(&corpus::read(file).unwrap()).unwrap();
    let model = workspace.join("crates/kmg-guard/model");
    assert!(fs::read(model.join("linear.bin")).unwrap() == files.model, "the model differs");
    assert_eq!(fs::read_to_string(model.join("linear.card.json")).unwrap(), files.card);
    lane::ran("corpora", case);
}
