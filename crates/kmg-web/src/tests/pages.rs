//! What the pages say.

use kmg_core::decision::Decision;
use kmg_core::plan::{Outcome, Stage};

use super::sample::{NOW, body, decided, receipt, row, row_of};
use crate::page::{DecidedPage, DecisionForm, ReviewPage, render};
use crate::view::Visible;

fn pending() -> ReviewPage {
    let mut page = ReviewPage::new(&row(Stage::Pending), "Dev", NOW);
    page.form = Some(DecisionForm { token: "the-token".into() });
    page
}

/// The text between tags, spaces folded, entities of our own words resolved.
fn text(html: &str) -> String {
    let mut out = String::new();
    for part in html.replace("<wbr>", "").split('<') {
        out.push(' ');
        out.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    let out = out.replace("&#39;", "'").replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(html: &str, needles: &[&str]) {
    let text = text(html);
    for needle in needles {
        assert!(text.contains(needle), "missing: {needle}\nin: {text}");
    }
}

#[test]
fn the_review_page_says_what_would_happen() {
    let html = render(&pending()).unwrap();
    let row = row(Stage::Pending);
    let digest = row.body.digest().to_string();
    says(
        &html,
        &[
            "Set image of container web in Deployment demo/web",
            "registry.test/shop/web:1.29.99 becomes registry.test/shop/web:1.29.3",
            "agent-7f3a unverified",
            "in 14 minutes",
            "2027-01-15 08:14:18 UTC",
            "spec.template.spec.containers[name=web].image",
            "hidden, 33 bytes, fingerprint b3f1c09a77d2",
            "added by the cluster",
            "uid c1f7a4de-22f0-4f43-9a5e-0b6f0d9f6f52",
            "Warning The Deployment is paused",
            "Info The image is not pinned by a digest",
            "words of the API server or a webhook would violate PodSecurity",
            "PATCH",
            "/apis/apps/v1/namespaces/demo/deployments/web",
            "fieldManager=kmg&fieldValidation=Strict",
            "application/json-patch+json",
            "\"path\":\"/metadata/resourceVersion\",\"value\":\" resourceVersion \"}",
            "/spec/replicas",
            &digest,
            "5f0c2a7e-8a5b-4a0e-9c56-7b1d0f5f3a11",
            "The agent's claim, not verified The rollout of web is stuck",
            "Approve this plan",
            "Deny this plan",
        ],
    );
}

#[test]
fn the_whole_body_of_the_request_is_shown() {
    let html = render(&pending()).unwrap();
    let (_, rest) = html.split_once("aria-label=\"Body of the request\">").unwrap();
    let (pre, _) = rest.split_once("</pre>").unwrap();
    let shown = pre.replace("<mark>resourceVersion</mark>", "42").replace("<span class=\"line d0\">", "").replace("</span>", "");
    let shown = shown.replace("&#34;", "\"").replace("&quot;", "\"");
    let rendered = body().steps[0].template.render(&"42".parse().unwrap());
    assert_eq!(shown.trim().as_bytes(), rendered.body);
}

#[test]
fn graver_findings_come_first() {
    let html = text(&render(&pending()).unwrap());
    assert!(html.find("The Deployment is paused").unwrap() < html.find("The image is not pinned").unwrap());
}

#[test]
fn both_decisions_carry_the_digest_and_the_token() {
    let html = render(&pending()).unwrap();
    let digest = row(Stage::Pending).body.digest().to_string();
    assert_eq!(html.matches(&format!("name=\"digest\" value=\"{digest}\"")).count(), 2);
    assert_eq!(html.matches("name=\"token\" value=\"the-token\"").count(), 2);
    assert!(!html.contains("autofocus"));
    assert!(!html.contains("<script"));
    assert!(!html.contains("style="));
}

#[test]
fn who_may_not_decide_gets_no_form() {
    let page = ReviewPage { form: None, refusal: Some(Visible::line("You may look at this plan, but not decide it.")), ..pending() };
    let html = render(&page).unwrap();
    assert!(!html.contains("/decision"));
    says(&html, &["You may look at this plan, but not decide it."]);
}

#[test]
fn a_result_is_told_as_it_is() {
    let page = |outcome: Outcome| {
        let mut row = row_of(body(), outcome.stage());
        row.decided = Some(decided(Decision::Approve, "Dev Eloper", None));
        row.receipt = Some(receipt(outcome, &body()));
        render(&ReviewPage::new(&row, "Dev", NOW)).unwrap()
    };
    says(
        &page(Outcome::Applied),
        &["The API server accepted this write at 2027-01-15 07:59:55 UTC, resourceVersion 857.", "Approved by Dev Eloper", "1 write sent"],
    );
    says(&page(Outcome::Rejected), &["The API server refused the write. Nothing was changed."]);
    says(&page(Outcome::Unknown), &["Whether the write was accepted is not known yet"]);
    for outcome in [
        Outcome::AppliedDiverged,
        Outcome::Rejected,
        Outcome::Refused,
        Outcome::Stale,
        Outcome::Partial,
        Outcome::Deleting,
        Outcome::Unknown,
        Outcome::NeedsHuman,
    ] {
        assert!(!page(outcome).contains("accepted this write"), "{outcome:?}");
    }
}

#[test]
fn a_denial_shows_its_reason() {
    let mut row = row(Stage::Denied);
    row.decided = Some(decided(Decision::Deny, "Dev", Some("not on a Friday")));
    says(&render(&ReviewPage::new(&row, "Dev", NOW)).unwrap(), &["Denied by Dev", "The reason given not on a Friday"]);
}

#[test]
fn a_completed_approval_promises_nothing_yet() {
    let mut row = row(Stage::Approved);
    row.decided = Some(decided(Decision::Approve, "Dev", None));
    says(&render(&DecidedPage::new(&row, NOW)).unwrap(), &["You approved this plan", "Nothing has been changed yet.", "(in 10 minutes)"]);
}

#[test]
fn a_plan_without_findings_or_claim_says_so() {
    let mut bare = body();
    (bare.findings, bare.reason) = (vec![], None);
    bare.steps[0].warnings.clear();
    bare.steps[0].exclusions.clear();
    says(
        &render(&ReviewPage::new(&row_of(bare, Stage::Pending), "Dev", NOW)).unwrap(),
        &["no proof that the change is harmless", "The agent gave no reason.", "nothing but the server's own book-keeping"],
    );
}
