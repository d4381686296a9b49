//! Tokens that show what they are: JWS and JWE in compact form, and vendors' prefixes.

use super::{Rewriter, run};
use crate::report::{Kind, Report};

struct Vendor {
    prefix: &'static str,
    /// Bytes behind the prefix, at least.
    min: usize,
    member: fn(u8) -> bool,
    /// Whether it needs a digit and an upper-case letter, since names may begin like it.
    mixed: bool,
}

const fn vendor(prefix: &'static str, min: usize, member: fn(u8) -> bool) -> Vendor {
    Vendor { prefix, min, member, mixed: false }
}

const fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
const fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}
const fn dashed(b: u8) -> bool {
    word(b) || b == b'-'
}
const fn dotted(b: u8) -> bool {
    dashed(b) || b == b'.'
}

/// How far a run is looked at before it is known to be a token.
const WINDOW: usize = 128;

const VENDORS: [Vendor; 30] = [
    vendor("AKIA", 16, upper),
    vendor("ASIA", 16, upper),
    vendor("ghp_", 30, word),
    vendor("gho_", 30, word),
    vendor("ghu_", 30, word),
    vendor("ghs_", 30, word),
    vendor("ghr_", 30, word),
    vendor("github_pat_", 22, word),
    vendor("glpat-", 20, dotted),
    vendor("gldt-", 20, dotted),
    vendor("glsa_", 30, word),
    vendor("xoxb-", 16, dashed),
    vendor("xoxp-", 16, dashed),
    vendor("xoxa-", 16, dashed),
    vendor("xoxr-", 16, dashed),
    vendor("xoxs-", 16, dashed),
    vendor("xapp-", 16, dashed),
    vendor("AIza", 35, dashed),
    vendor("ya29.", 20, dotted),
    vendor("GOCSPX-", 20, dashed),
    vendor("sk_live_", 16, word),
    vendor("rk_live_", 16, word),
    vendor("npm_", 36, word),
    vendor("pypi-", 50, dashed),
    vendor("dckr_pat_", 20, dashed),
    vendor("dop_v1_", 40, word),
    vendor("hvs.", 24, dashed),
    vendor("hvb.", 24, dashed),
    Vendor { prefix: "sk-", min: 32, member: dashed, mixed: true },
    Vendor { prefix: "SG.", min: 40, member: dotted, mixed: true },
];

pub(super) fn redact(text: &str, report: &mut Report) -> String {
    let bytes = text.as_bytes();
    let mut out = Rewriter::new(text);
    let mut at = 0;
    while at < bytes.len() {
        let boundary = at == 0 || !dashed(bytes[at - 1]);
        let found = if boundary && bytes[at].is_ascii_alphanumeric() {
            jwt(bytes, at).map(|end| (end, Kind::Jwt)).or_else(|| vendor_key(bytes, at).map(|end| (end, Kind::VendorKey)))
        } else {
            None
        };
        if let Some((end, kind)) = found {
            out.replace(at, end, kind, report);
            at = end;
        } else {
            at += 1;
        }
    }
    out.finish()
}

/// The end of a compact JWS or JWE that begins at `at`: a JSON header and at least one more segment.
fn jwt(bytes: &[u8], at: usize) -> Option<usize> {
    if !bytes[at..].starts_with(b"eyJ") {
        return None;
    }
    let header = run(bytes, at, usize::MAX, dashed);
    let long_enough = header - at >= 10 && bytes.get(header) == Some(&b'.');
    let payload = run(bytes, header + 1, usize::MAX, dashed);
    (long_enough && payload >= header + 5).then(|| run(bytes, payload, usize::MAX, dotted))
}

fn vendor_key(bytes: &[u8], at: usize) -> Option<usize> {
    let vendor = VENDORS.iter().find(|vendor| bytes[at..].starts_with(vendor.prefix.as_bytes()))?;
    let body = at + vendor.prefix.len();
    let seen = run(bytes, body, WINDOW, vendor.member);
    let long_enough = seen - body >= vendor.min;
    let has = |test: fn(&u8) -> bool| bytes[body..seen].iter().any(test);
    let mixed = !vendor.mixed || (has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase));
    (long_enough && mixed).then(|| run(bytes, seen, usize::MAX, vendor.member))
}
