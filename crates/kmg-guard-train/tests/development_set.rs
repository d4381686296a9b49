//! The floors that the development set must reach. A figure that misses one fails the run.
#![expect(clippy::print_stdout, reason = "the measured values belong in the test run's output")]

use std::path::Path;

use kmg_guard::Pack;
use kmg_guard_train::eval::floors::FLOORS;
use kmg_guard_train::eval::{Corpora, Found, report};
use kmg_testkit::lane;

#[test]
fn the_development_set_reaches_its_floors() {
    let case = "the guard reaches its floors on the development set";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    if !folder.is_dir() {
        lane::skip("corpora", case, "the corpora are not there");
        return;
    }
    let corpora = Corpora::read(&folder).unwrap();
    let found = Found::new(&Pack::builtin().unwrap(), &corpora);
    println!("{}", report::floors(&found).markdown());
    println!("changed of those that never are: {:?}", found.never.0);
    let missed: Vec<String> = FLOORS
        .iter()
        .map(|floor| (floor, floor.check(&found)))
        .filter(|(_, (_, kept))| !kept)
        .map(|(floor, (value, _))| format!("{}: {value:.4}, and not {:?}", floor.what, floor.bound))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    lane::ran("corpora", case);
}
