//! What holds on every route: headers, host, tokens, forms of other sites, and that looking changes nothing.

use axum::body::Body;
use axum::http::Method;
use kmg_core::plan::Stage;

use super::sample::{NOW, plan_id};
use super::site::{ORIGIN, Site};
use crate::headers::SECURITY_HEADERS;

fn gets() -> Vec<String> {
    let plan = plan_id();
    let fixed = [
        "/",
        "/history",
        "/sessions",
        "/sign-in",
        "/sign-in/callback",
        "/approve/callback",
        "/style.css",
        "/icon.svg",
        "/healthz",
        "/nowhere",
        "/plans/x",
    ];
    let mut all: Vec<String> = fixed.map(str::to_owned).into();
    all.extend([
        format!("/plans/{plan}"),
        format!("/sign-in?plan={plan}"),
        "/sign-in/callback?code=c&state=s&iss=i".to_owned(),
        "/approve/callback?code=c&state=s".to_owned(),
        "/approve/callback?error=access_denied&state=s".to_owned(),
        "/%ff".to_owned(),
        "/plans/%ff".to_owned(),
    ]);
    all
}

fn posts() -> Vec<String> {
    vec![format!("/plans/{}/decision", plan_id()), "/sign-out".to_owned(), "/sessions/00/revoke".to_owned()]
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_a_request_id() {
    let site = Site::open().await;
    let mut browsers = [site.stranger(), site.browser("dev").await];
    let mut ids = std::collections::BTreeSet::new();
    for browser in &mut browsers {
        for path in gets().into_iter().chain(posts()) {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
                let page = browser.send(method.clone(), &path, &[], Body::empty()).await;
                for (name, value) in SECURITY_HEADERS {
                    assert_eq!(page.header(name.as_str()), value, "{method} {path}");
                }
                assert!(!page.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{method} {path}");
                assert!(ids.insert(page.header("x-request-id").to_owned()), "a request id came twice");
                assert_eq!(page.header("x-request-id").len(), 16);
            }
        }
    }
}

#[tokio::test]
async fn error_pages_show_a_code_and_the_request_id_and_nothing_else() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    for (method, path, status, code) in [
        (Method::GET, "/nowhere", 404, "page-not-found"),
        (Method::GET, "/plans/x", 404, "plan-not-found"),
        (Method::GET, "/plans/plan_00000000000000000000000000000000", 404, "plan-not-found"),
        (Method::GET, "/plans/plan_00000000000000000000000000000000/decision", 405, "method-not-allowed"),
        (Method::DELETE, "/", 405, "method-not-allowed"),
        (Method::GET, "/sign-in/callback", 400, "sign-in-failed"),
        (Method::GET, "/sign-in/callback?state=a&state=b", 403, "form-rejected"),
    ] {
        let page = browser.send(method, path, &[], Body::empty()).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains(&format!("<code>{code}</code>")), "{path}: {}", page.text);
        assert!(page.text.contains(page.header("x-request-id")), "{path}");
        assert!(page.text.contains("<h1>"), "{path}");
        if status == 405 {
            assert!(!page.header("allow").is_empty());
        }
    }
}

#[tokio::test]
async fn another_host_gets_nothing() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    for path in gets() {
        for host in ["evil.example", "127.0.0.1:3001", "localhost:3002"] {
            let page = browser.send(Method::GET, &path, &[("host", host)], Body::empty()).await;
            assert_eq!(page.status, 403, "{path} at {host}");
            assert!(page.text.contains("host-not-allowed") && !page.text.contains("demo/web"));
        }
    }
}

#[tokio::test]
async fn a_bearer_token_opens_no_page() {
    let site = Site::open().await;
    for mut browser in [site.stranger(), site.browser("dev").await] {
        for (method, path) in gets().into_iter().map(|p| (Method::GET, p)).chain(posts().into_iter().map(|p| (Method::POST, p))) {
            for value in ["Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "DPoP x", "Basic ZGV2OmRldg=="] {
                let headers = [("authorization", value), ("origin", ORIGIN)];
                let page = browser.send(method.clone(), &path, &headers, Body::empty()).await;
                assert_eq!(page.status, 400, "{method} {path}");
                assert!(page.text.contains("bearer-not-accepted") && page.text.contains("never opens a page"));
                assert!(page.headers.get("set-cookie").is_none());
            }
        }
    }
    assert_eq!(site.stage().await, Stage::Pending);
}

#[tokio::test]
async fn pages_need_a_session() {
    let site = Site::open().await;
    let mut stranger = site.stranger();
    for path in ["/".to_owned(), "/history".into(), "/sessions".into(), format!("/plans/{}", plan_id())] {
        let page = stranger.get(&path).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(page.text.contains(">Sign in</a>") && page.text.contains("not-signed-in"), "{path}");
        assert!(!page.text.contains("demo/web"), "{path}");
    }
    assert_eq!(
        stranger.get(&format!("/plans/{}", plan_id())).await.after("class=\"button primary\" href=\""),
        format!("/sign-in?plan={}", plan_id())
    );
    stranger.cookies.insert("__Host-kmg-session".into(), "made-up".into());
    assert_eq!(stranger.get("/").await.status, 401);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let site = Site::open().await;
    let before = site.row().await;
    let mut browser = site.browser("dev").await;
    let plan = plan_id();
    let tricks = [
        format!("/plans/{plan}?decision=approve&digest={}", before.body.digest()),
        format!("/plans/{plan}/decision?decision=deny&digest={}", before.body.digest()),
        "/sign-out".to_owned(),
        "/sessions/00/revoke".to_owned(),
    ];
    for path in gets().into_iter().chain(tricks) {
        for method in [Method::GET, Method::HEAD] {
            browser.send(method, &path, &[("x-http-method-override", "POST")], Body::empty()).await;
        }
    }
    assert_eq!(site.row().await, before);
    assert_eq!(browser.get("/").await.status, 200, "the session lives on");
}

#[tokio::test]
async fn only_our_own_forms_count() {
    let site = Site::open().await;
    let digest = site.row().await.body.digest().to_string();
    let mut browser = site.browser("dev").await;
    let token = browser.get(&format!("/plans/{}", plan_id())).await.after("name=\"token\" value=\"");
    site.clock.advance(1_000);
    let body = format!("decision=deny&digest={digest}&token={token}");
    let foreign: &[&[(&str, &str)]] = &[
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://127.0.0.1:3001")],
        &[("origin", "http://localhost:3002"), ("sec-fetch-site", "cross-site")],
        &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
        &[("origin", ORIGIN), ("sec-fetch-site", "same-site")],
        &[("origin", "null"), ("sec-fetch-site", "none")],
        &[("origin", ORIGIN), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")],
    ];
    for path in posts() {
        for headers in foreign {
            let mut headers = headers.to_vec();
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            let page = browser.send(Method::POST, &path, &headers, body.clone()).await;
            assert_eq!(page.status, 403, "{path} {headers:?}");
            assert!(page.text.contains("host-not-allowed"));
        }
    }
    assert_eq!(site.stage().await, Stage::Pending);
    // The same form from our own page is taken, so the matrix above refused for the right reason.
    let own = [("origin", ORIGIN), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(browser.send(Method::POST, &posts()[0], &own, body).await.status, 303);
    assert_eq!(site.stage().await, Stage::Denied);
}

#[tokio::test]
async fn a_link_from_another_site_reaches_the_page_through_ours() {
    let site = Site::open().await;
    let mut stranger = site.stranger();
    let path = format!("/plans/{}", plan_id());
    let cross = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let page = stranger.send(Method::GET, &path, &cross, Body::empty()).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.after("http-equiv=\"refresh\" content=\""), format!("0;url={path}"));
    assert!(!page.text.contains("demo/web"));
    // Once it comes from our own page there is nothing to go on to.
    let own = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
    assert_eq!(stranger.send(Method::GET, &path, &own, Body::empty()).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_on_sign_out_and_on_revocation() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    let mut other = site.browser("other").await;
    let handle = other.get("/sessions").await.after("action=\"/sessions/");
    let handle = handle.trim_end_matches("/revoke");
    let page = browser.post(&format!("/sessions/{handle}/revoke"), &[]).await;
    assert_eq!(page.status, 404, "another person's session");
    assert_eq!(other.post(&format!("/sessions/{handle}/revoke"), &[]).await.status, 303);
    assert_eq!(other.get("/").await.status, 401);
    let copied = browser.cookies.clone();
    assert_eq!(browser.post("/sign-out", &[]).await.status, 303);
    assert!(browser.cookies.is_empty());
    browser.cookies = copied;
    assert_eq!(browser.get("/").await.status, 401, "the copied cookie is dead too");
}

#[tokio::test]
async fn an_idle_session_is_none() {
    let site = Site::open().await;
    let mut browser = site.browser("dev").await;
    site.clock.advance(899_000);
    assert_eq!(browser.get("/sessions").await.status, 200);
    site.clock.advance(901_000);
    assert_eq!(browser.get("/sessions").await.status, 401);
    assert!(site.clock.now() > NOW);
}
