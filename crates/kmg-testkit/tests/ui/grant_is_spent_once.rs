use kmg_core::plan::Grant;

fn twice(grant: Grant) {
    let _first = grant.spend();
    let _second = grant.spend();
}

fn main() {}
