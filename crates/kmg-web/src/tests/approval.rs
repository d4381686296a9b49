//! The journeys to the identity provider and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::decision::{Decision, nonce};
use kmg_core::plan::Stage;

use super::sample::plan_id;
use super::site::{Browser, Page, Site};

/// Posts the approval; the page that leads to the provider.
async fn approve(browser: &mut Browser<'_>) -> Page {
    let path = format!("/plans/{}", plan_id());
    let page = browser.get(&path).await;
    let (digest, token) = (page.after("name=\"digest\" value=\""), page.after("name=\"token\" value=\""));
    browser.site.clock.advance(1_000);
    browser.post(&format!("{path}/decision"), &[("decision", "approve"), ("digest", &digest), ("token", &token)]).await
}

fn provider_link(page: &Page) -> String {
    assert!(page.text.contains(">Continue to sign in and approve</a>"), "{}", page.text);
    page.after("class=\"button primary\" href=\"")
}

#[tokio::test]
async fn signing_in_leads_back_to_the_plan() {
    let site = Site::open().await;
    let mut browser = site.stranger();
    let begun = browser.get(&format!("/sign-in?plan={}", plan_id())).await;
    assert_eq!(begun.status, 303);
    let waiting = begun.header("set-cookie");
    assert!(waiting.starts_with("__Host-kmg-sign-in=") && waiting.contains("; Secure; HttpOnly; SameSite=Lax; Max-Age="), "{waiting}");
    let callback = browser.at_provider(begun.header("location")).await;
    let back = browser.get(&callback).await;
    assert_eq!(back.status, 200);
    assert_eq!(back.after("http-equiv=\"refresh\" content=\""), format!("0;url=/plans/{}", plan_id()));
    let session = back
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .find(|text| text.starts_with("__Host-kmg-session="))
        .unwrap();
    assert!(session.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{session}");
    assert_eq!(browser.cookies.len(), 1, "the waiting cookie is gone");
    assert!(browser.get(&format!("/plans/{}", plan_id())).await.text.contains("Approve this plan"));
}

#[tokio::test]
async fn the_way_back_is_a_plan_or_the_inbox() {
    let site = Site::open().await;
    for place in ["//evil.example", "https%3A%2F%2Fevil.example", "plan_x", "%2F%2Fevil.example", "javascript:alert(1)"] {
        let mut browser = site.stranger();
        let begun = browser.get(&format!("/sign-in?plan={place}&return_to={place}")).await;
        let callback = browser.at_provider(begun.header("location")).await;
        let back = browser.get(&callback).await;
        assert_eq!(back.after("http-equiv=\"refresh\" content=\""), "0;url=/", "{place}");
    }
}

#[tokio::test]
async fn approving_takes_the_fresh_sign_in_that_commits_to_it() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let page = approve(&mut browser).await;
    assert_eq!(page.status, 200);
    assert!(page.header("set-cookie").starts_with("__Host-kmg-approval=") && page.header("set-cookie").contains("SameSite=Lax"));
    let link = provider_link(&page);
    assert!(link.contains("prompt=login") && link.contains("client_id=kmg-approve"), "{link}");
    assert_eq!(site.stage().await, Stage::Pending, "posting alone approves nothing");
    let callback = browser.at_provider(&link).await;
    // The provider's navigation carries no strict cookie.
    browser.cookies.remove("__Host-kmg-session");
    let done = browser.get(&callback).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("<h1>You approved this plan</h1>") && done.text.contains("dev by name"));
    assert!(browser.cookies.is_empty());
    let row = site.row().await;
    assert_eq!(row.life.stage, Stage::Approved);
    let decided = row.decided.unwrap();
    assert_eq!(decided.decision, Decision::Approve);
    let envelope = decided.approval.unwrap().envelope;
    let statement = STANDARD.decode(&envelope.payload).unwrap();
    assert!(link.contains(&format!("nonce={}", nonce(&statement))), "the sign-in's nonce is the statement's hash");
}

#[tokio::test]
async fn a_callback_completes_once_and_in_its_own_browser_only() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let link = provider_link(&approve(&mut browser).await);
    let callback = browser.at_provider(&link).await;
    // A browser that was signed in but did not post the decision, with its own waiting cookie.
    let mut other = site.browser("dev").await;
    assert_eq!(other.get(&callback).await.status, 400);
    other.cookies.insert("__Host-kmg-approval".into(), "made-up".into());
    assert_eq!(other.get(&callback).await.status, 400);
    assert_eq!(site.stage().await, Stage::Pending);
    // That attempt spent the state: the journey begins anew, and then completes once.
    let link = provider_link(&approve(&mut browser).await);
    let callback = browser.at_provider(&link).await;
    let cookies = browser.cookies.clone();
    assert_eq!(browser.get(&callback).await.status, 200);
    browser.cookies = cookies;
    assert_eq!(browser.get(&callback).await.status, 400);
}

#[tokio::test]
async fn a_sign_in_for_looking_never_approves() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let link = provider_link(&approve(&mut browser).await);
    let begun = browser.get("/sign-in").await;
    let sign_in = browser.at_provider(begun.header("location")).await;
    let swapped = sign_in.replace("/sign-in/callback", "/approve/callback");
    let cookie = browser.cookies["__Host-kmg-sign-in"].clone();
    browser.cookies.insert("__Host-kmg-approval".into(), cookie);
    assert_eq!(browser.get(&swapped).await.status, 400);
    assert_eq!(site.stage().await, Stage::Pending);
    assert!(link.starts_with("http"));
}

#[tokio::test]
async fn a_refused_sign_in_approves_nothing() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let link = provider_link(&approve(&mut browser).await);
    let state = link.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let page = browser.get(&format!("/approve/callback?error=access_denied&error_description=%3Cscript%3E&state={state}")).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("sign-in-failed") && !page.text.contains("script"));
    assert_eq!(site.stage().await, Stage::Pending);
}
