//! Promises that must not compile when broken; each expectation pins the compiler's error.

#[test]
fn broken_promises_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
