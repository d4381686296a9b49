use kmg_core::plan::Grant;

fn twice(grant: Grant) -> (Grant, Grant) {
    (grant.clone(), grant)
}

fn main() {}
