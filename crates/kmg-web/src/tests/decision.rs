//! The posted form.

use kmg_core::decision::Decision;
use kmg_core::plan::{Ask, PlanId, Stage};

use super::sample::{NOW, body, plan_id};
use super::site::{Browser, Page, Site};
use crate::form::MAX_FORM;

struct Shown {
    path: String,
    digest: String,
    token: String,
}

async fn show(browser: &mut Browser<'_>, plan: &PlanId) -> Shown {
    let page = browser.get(&format!("/plans/{plan}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    Shown {
        path: format!("/plans/{plan}/decision"),
        digest: page.after("name=\"digest\" value=\""),
        token: page.after("name=\"token\" value=\""),
    }
}

async fn deny(browser: &mut Browser<'_>, shown: &Shown, reason: &str) -> Page {
    let Shown { path, digest, token } = shown;
    browser.post(path, &[("decision", "deny"), ("digest", digest), ("token", token), ("reason", reason)]).await
}

#[tokio::test]
async fn denying_takes_effect_at_once_and_keeps_the_reason() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let shown = show(&mut browser, &plan_id()).await;
    site.clock.advance(1_000);
    let page = deny(&mut browser, &shown, "not now\r\n<b>").await;
    assert_eq!((page.status, page.header("location")), (303, format!("/plans/{}", plan_id()).as_str()));
    let decided = site.row().await.decided.unwrap();
    assert_eq!(decided.decision, Decision::Deny);
    assert_eq!(decided.reason.unwrap().for_escaping(), "not now\n<b>");
    let after = browser.get(page.header("location")).await;
    assert!(after.text.contains("Denied by dev by name") && !after.text.contains("Deny this plan"));
    assert_eq!(deny(&mut browser, &shown, "again").await.status, 409);
}

#[tokio::test]
async fn a_decision_sooner_than_a_person_or_later_than_an_hour_is_refused() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let shown = show(&mut browser, &plan_id()).await;
    site.clock.advance(699);
    let page = deny(&mut browser, &shown, "").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("form-rejected"));
    assert_eq!(site.stage().await, Stage::Pending);
    site.clock.advance(1);
    assert_eq!(deny(&mut browser, &shown, "").await.status, 303);
}

#[tokio::test]
async fn a_token_counts_for_its_session_plan_and_bytes_only() {
    let site = Site::open().await;
    let second = PlanId::new(NOW, [8; 10]);
    let mut other = body();
    other.plan_id = second.clone();
    other.ask = Ask::ScaleDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap(), replicas: 5 };
    site.insert(other).await;
    let mut browser = site.browser("dev").await;
    let first = show(&mut browser, &plan_id()).await;
    let foreign = show(&mut browser, &second).await;
    site.clock.advance(1_000);
    let attempts = [
        (&first.path, &first.digest, foreign.token.clone()),
        (&first.path, &foreign.digest, first.token.clone()),
        (&first.path, &foreign.digest, foreign.token.clone()),
        (&foreign.path, &first.digest, first.token.clone()),
        (&first.path, &first.digest, String::new()),
        (&first.path, &first.digest, format!("{}x", first.token)),
        (&first.path, &first.digest, format!("9{}", first.token)),
    ];
    for (path, digest, token) in &attempts {
        for decision in ["deny", "approve"] {
            let page = browser.post(path, &[("decision", decision), ("digest", digest), ("token", token)]).await;
            assert_eq!(page.status, 403, "{decision} {path} {digest} {token}");
        }
    }
    // Another session of the same person: its own token, never this one.
    let mut elsewhere = site.stranger();
    let location = elsewhere.get("/sign-in").await.header("location").to_owned();
    let callback = elsewhere.at_provider(&location).await;
    assert_eq!(elsewhere.get(&callback).await.status, 200);
    assert_eq!(deny(&mut elsewhere, &first, "").await.status, 403);
    assert_eq!(site.stage().await, Stage::Pending);
    assert_eq!(deny(&mut browser, &first, "").await.status, 303);
}

#[tokio::test]
async fn only_the_form_as_it_was_made_is_taken() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let Shown { path, digest, token } = show(&mut browser, &plan_id()).await;
    site.clock.advance(1_000);
    let base = format!("digest={digest}&token={token}");
    let long = "x".repeat(501);
    for (form, status) in [
        (base.clone(), 403),
        (format!("{base}&decision=maybe"), 403),
        (format!("{base}&decision=deny&decision=approve"), 403),
        (format!("{base}&decision=deny&decision=deny"), 403),
        (format!("{base}&decision=deny&digest={digest}"), 403),
        (format!("{base}&decision=deny&extra=1"), 403),
        (format!("{base}&decision=approve&reason=x"), 403),
        (format!("{base}&decision=deny&reason=%ff"), 403),
        (format!("{base}&decision=deny&reason=a&reason=b"), 403),
        (format!("{base}&decision=deny&reason={long}"), 413),
        (format!("{base}&decision=deny&reason={}", "y".repeat(MAX_FORM)), 413),
        (format!("decision=deny&token={token}"), 403),
        (format!("decision=deny&digest={digest}"), 403),
        (format!("decision=deny&digest=sha256:00&token={token}"), 403),
        (String::new(), 403),
    ] {
        let page = browser.post_raw(&path, form.clone()).await;
        assert_eq!(page.status, status, "{form}");
    }
    assert_eq!(site.stage().await, Stage::Pending);
}

#[tokio::test]
async fn who_may_not_decide_sees_no_form_and_cannot_post_one() {
    let site = Site::open().await;
    // `other` is an approver, but the rule wants the requester.
    let mut other = site.browser("other").await;
    let page = other.get(&format!("/plans/{}", plan_id())).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("not decide it") && !page.text.contains("Approve this plan"));
    assert!(!other.get("/").await.text.contains("demo/web"));
    // `nobody` is neither: the plan does not exist.
    let mut nobody = site.browser("nobody").await;
    assert_eq!(nobody.get(&format!("/plans/{}", plan_id())).await.status, 404);
    assert!(!nobody.get("/history").await.text.contains("demo/web"));
    assert_eq!(site.stage().await, Stage::Pending);
}

#[tokio::test]
async fn an_expired_plan_offers_no_decision() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let shown = show(&mut browser, &plan_id()).await;
    site.clock.advance(858_000);
    assert_eq!(deny(&mut browser, &shown, "").await.status, 409);
    let page = browser.get(&format!("/plans/{}", plan_id())).await;
    assert!(page.text.contains("Expired") && !page.text.contains("Deny this plan"));
}
