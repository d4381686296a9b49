use kmg_core::untrusted::Untrusted;
use kmg_tools::{Reply, Report, ScreenedValue};

fn answer(foreign: Untrusted<String>, structured: ScreenedValue, report: Report) -> Reply {
    Reply::new(foreign, structured, report)
}

fn main() {}
