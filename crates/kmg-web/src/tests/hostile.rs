//! Hostile text in every field: nothing becomes markup, nothing is invisible.

use kmg_core::plan::Stage;

use super::sample::{NOW, hostile};
use crate::error::{Failure, answer};
use crate::page::{ContinuePage, DecidedPage, DecisionForm, Frame, ListPage, ReviewPage, RowView, render};
use crate::view::{Moment, PlanView, TimelineView, Visible};

const MARKUP: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt/src=//evil.example>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</code></pre></main><form action=//evil.example><button>Approve this plan</button></form>",
    "<a href=\"javascript:alert(1)\">Approve this plan</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[<b>",
    "<?php",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "` onclick=alert(1)",
    "{{ 7*7 }}",
    "{% include \"x\" %}",
    "${7*7}",
    "javascript:alert(1)",
    "<math><mtext></mtext><mglyph><svg><mtext><style><img src=x onerror=alert(1)>",
    "<x\u{202e}script>",
    "\u{ff1c}script\u{ff1e}",
];

const INVISIBLE: &[char] = &[
    '\0',
    '\u{1b}',
    '\r',
    '\u{7f}',
    '\u{85}',
    '\u{ad}',
    '\u{61c}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{202a}',
    '\u{202b}',
    '\u{202c}',
    '\u{202d}',
    '\u{202e}',
    '\u{2028}',
    '\u{2029}',
    '\u{2060}',
    '\u{2066}',
    '\u{2067}',
    '\u{2068}',
    '\u{2069}',
    '\u{feff}',
    '\u{e0041}',
    '\u{e007f}',
    '\u{fe0f}',
    '\u{3164}',
];

/// Every page that shows foreign text, filled with `text`.
fn pages(text: &str) -> Vec<String> {
    let row = hostile(text);
    let mut waiting = hostile(text);
    waiting.life.stage = Stage::Pending;
    (waiting.decided, waiting.receipt) = (None, None);
    let line = Visible::line(text);
    let mut review = ReviewPage::new(&row, text, NOW);
    review.timeline = vec![TimelineView { at: Moment::new(NOW, NOW), what: line.clone(), who: line.clone() }];
    let mut refused = ReviewPage::new(&waiting, text, NOW);
    refused.refusal = Some(line.clone());
    let list = ListPage {
        frame: Frame::of("History", text, "history"),
        heading: "History",
        lead: "",
        empty: "",
        rows: vec![RowView::new(&row, NOW)],
    };
    let onward = ContinuePage {
        frame: Frame::of("Sign in to approve", text, ""),
        plan: PlanView::new(&waiting.body, &waiting.life, NOW),
        authorize_url: "https://idp.example/authorize?a=1&b=2".into(),
        provider_host: line,
        nonce: "n".into(),
        code: "n".into(),
    };
    [render(&review), render(&refused), render(&list), render(&onward), render(&DecidedPage::new(&row, NOW))].map(Result::unwrap).into()
}

/// The tags of a page in order, without text and attribute values of ours that differ by plan.
fn tags(page: &str) -> Vec<String> {
    page.replace("<wbr>", "").split('<').skip(1).map(|part| part.split(['>', ' ', '\n']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn no_payload_in_any_field_becomes_markup() {
    let plain: Vec<Vec<String>> = pages("harmless").iter().map(|page| tags(page)).collect();
    for payload in MARKUP {
        for (page, expected) in pages(payload).iter().zip(&plain) {
            assert_eq!(&tags(page), expected, "{payload}");
        }
    }
}

#[test]
fn no_payload_leaves_an_attribute() {
    // Foreign text stands between tags only: no attribute of any page holds it.
    let marker = "zq9marker";
    for page in pages(marker) {
        for tag in page.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(tag, _)| tag) {
            assert!(!tag.contains(marker), "{tag}");
        }
        assert!(page.contains(marker));
    }
}

#[test]
fn no_invisible_character_reaches_a_page() {
    for hidden in INVISIBLE {
        for page in pages(&format!("a{hidden}b")) {
            assert!(!page.contains(*hidden), "U+{:04X}", u32::from(*hidden));
            assert!(page.contains(&format!("a\\u{{{:x}}}b", u32::from(*hidden))), "U+{:04X}", u32::from(*hidden));
        }
    }
}

#[test]
fn every_untrusted_field_is_on_the_review_page() {
    // Counted so that a field that stops being shown is noticed.
    let page = &pages("zq9marker")[0];
    assert!(page.matches("zq9marker").count() >= 45, "{}", page.matches("zq9marker").count());
}

#[test]
fn a_long_claim_stands_after_the_decision() {
    let mut body = super::sample::body();
    body.reason = Some(kmg_core::untrusted::Quoted::new(&"\n".repeat(10_000), 20_000));
    let mut page = ReviewPage::new(&super::sample::row_of(body, Stage::Pending), "Dev", NOW);
    page.form = Some(DecisionForm { token: "t".into() });
    let html = render(&page).unwrap();
    let at = |text: &str| html.find(text).unwrap();
    assert!(at("Deny this plan") < at("agent's claim, not verified"));
    assert_eq!(html.matches("not verified").count(), 1);
}

#[tokio::test]
async fn a_refusal_that_quotes_the_asker_is_escaped() {
    let refusal = kmg_core::problem::Refusal::new(kmg_core::problem::Code::FormRejected, "<script>\u{202e}");
    let response = answer(&Failure::from(refusal), "id", "/");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(!text.contains("<script>") && text.contains("\\u{202e}"), "{text}");
}
