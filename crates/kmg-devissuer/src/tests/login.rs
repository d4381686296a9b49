//! The form, the throttle, and what a page must not do.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};

use super::support::{CALLBACK, Desk, ISSUER, NATIVE, PASSWORD};

#[tokio::test]
async fn every_request_asks_for_the_password_and_sets_no_cookie() {
    let desk = Desk::open();
    for _ in 0..2 {
        let form = desk.authorize(&[], "approve").await;
        assert_eq!(form.status, 200);
        assert!(form.text.contains("name=\"password\""));
        let answer = desk.submit(&form, PASSWORD).await;
        assert_eq!(answer.status, 303);
        assert!(!form.headers.contains_key("set-cookie") && !answer.headers.contains_key("set-cookie"));
    }
    let silent = desk.authorize(&[("prompt", "none")], "approve").await;
    assert_eq!(silent.redirected("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn the_form_shows_who_asks_escaped_and_without_scripts() {
    let desk = Desk::open();
    let client = desk.register().await;
    let form = desk.authorize(&[], &client).await;
    for shown in [
        "A &lt;tool&gt;",
        "unverified",
        &client,
        "http://localhost:4000",
        "mcp:tools",
        "program on this machine",
        ">Sign in</button>",
        "for=\"username\"",
        "for=\"password\"",
    ] {
        assert!(form.text.contains(shown), "{shown}");
    }
    assert!(!form.text.contains("<tool>") && !form.text.contains("<script") && !form.text.contains("style="));
    let csp = form.header("content-security-policy");
    assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"));
    assert!(csp.ends_with("form-action 'self' http://localhost:4000"), "{csp}");
    assert_eq!(form.header("cache-control"), "no-store");
    assert_eq!(form.header("x-frame-options"), "DENY");
    let web = desk.authorize(&[("nonce", "abcdefghijkl")], "approve").await;
    assert!(
        web.text.contains("Signing in here approves a change.") && web.text.contains("abcdefgh</code>") && !web.text.contains("abcdefghi")
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_right_password_waits_too() {
    let desk = Desk::open();
    for _ in 0..5 {
        let answer = desk.submit(&desk.authorize(&[], "sign-in").await, "wrong password").await;
        assert_eq!(answer.status, 401);
        assert!(answer.text.contains("role=\"alert\""));
    }
    let locked = desk.submit(&desk.authorize(&[], "sign-in").await, PASSWORD).await;
    assert_eq!((locked.status, locked.header("retry-after")), (429, "30"));
    desk.clock.advance(29_999);
    assert_eq!(desk.submit(&desk.authorize(&[], "sign-in").await, PASSWORD).await.status, 429);
    desk.clock.advance(1);
    assert_eq!(desk.submit(&desk.authorize(&[], "sign-in").await, "wrong password").await.status, 401);
    let locked = desk.submit(&desk.authorize(&[], "sign-in").await, PASSWORD).await;
    assert_eq!(locked.header("retry-after"), "60");
    desk.clock.advance(60_000);
    assert_eq!(desk.submit(&desk.authorize(&[], "sign-in").await, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn parallel_guesses_are_counted_one_by_one() {
    let desk = Desk::open();
    let mut forms = Vec::new();
    for _ in 0..8 {
        forms.push(desk.authorize(&[], "sign-in").await);
    }
    let guesses = forms.into_iter().map(|form| {
        let desk = desk.clone();
        tokio::spawn(async move { desk.submit(&form, "wrong password").await.status })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        looked_at += usize::from(guess.await.unwrap() == 401);
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn a_wrong_name_is_answered_as_a_wrong_password() {
    let desk = Desk::open();
    let form = desk.authorize(&[], "sign-in").await;
    let transaction = form.transaction();
    let answer = desk.post_form("/authorize", &[("transaction", &transaction), ("username", "eve"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("The user name or the password is wrong."));
}

#[tokio::test]
async fn a_form_is_good_once_for_ten_minutes_and_only_unaltered() {
    let desk = Desk::open();
    let form = desk.authorize(&[], "sign-in").await;
    assert_eq!(desk.submit(&form, PASSWORD).await.status, 303);
    assert_eq!(desk.submit(&form, PASSWORD).await.status, 400);
    let late = desk.authorize(&[], "sign-in").await;
    desk.clock.advance(600_000);
    assert_eq!(desk.submit(&late, PASSWORD).await.status, 400);
    let transaction = desk.authorize(&[], "sign-in").await.transaction();
    let (body, tag) = transaction.split_once('.').unwrap();
    let flipped = if body.starts_with('A') { "B" } else { "A" };
    for altered in [format!("{flipped}{}.{tag}", &body[1..]), format!("{body}."), body.to_owned(), String::new()] {
        let answer = desk.post_form("/authorize", &[("transaction", &altered), ("username", "ada"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 400, "{altered}");
    }
    // What else the form says about the request does not count.
    let form = [
        ("transaction", transaction.as_str()),
        ("username", "ada"),
        ("password", PASSWORD),
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "approve"),
    ];
    let answer = desk.post_form("/authorize", &form).await;
    assert!(answer.header("location").starts_with(CALLBACK));
}

#[tokio::test]
async fn another_sites_form_is_refused() {
    let desk = Desk::open();
    let transaction = desk.authorize(&[], "sign-in").await.transaction();
    let body = format!("transaction={transaction}&username=ada&password={}", PASSWORD.replace(' ', "+"));
    let post = |name: &'static str, value: &'static str, media: &'static str| {
        let request = Request::post("/authorize").header(HOST, "127.0.0.1:3003").header(CONTENT_TYPE, media).header(name, value);
        desk.send(request.body(Body::from(body.clone())).unwrap())
    };
    let form = "application/x-www-form-urlencoded";
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:3001"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(post(name, value, form).await.status, 403, "{name}: {value}");
    }
    assert_eq!(post("origin", ISSUER, "text/plain").await.status, 403);
    assert_eq!(post(ORIGIN.as_str(), ISSUER, form).await.status, 303);
}

#[tokio::test]
async fn cancelling_tells_the_client_so() {
    let desk = Desk::open();
    let client = desk.register().await;
    let transaction = desk.authorize(&[], &client).await.transaction();
    let answer = desk.post_form("/authorize", &[("transaction", &transaction), ("action", "cancel")]).await;
    assert!(answer.header("location").starts_with(NATIVE));
    assert_eq!(answer.redirected("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.redirected("iss").as_deref(), Some(ISSUER));
}
