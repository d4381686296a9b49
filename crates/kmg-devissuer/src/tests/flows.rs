//! Whole flows, and what a code or a token is bound to.

use kmg_core::clock::Clock;
use kmg_jwt::{Expected, JwksSource, KeySet, http_client};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::{CALLBACK, Desk, ISSUER, NATIVE, NOW, PASSWORD, RESOURCE, VERIFIER, authorize_path, options};

fn access() -> Expected {
    Expected::access_token(ISSUER, RESOURCE)
}

#[tokio::test]
async fn both_discovery_documents_say_what_clients_insist_on() {
    let desk = Desk::open();
    let document = desk.get("/.well-known/openid-configuration").await.json();
    assert_eq!(desk.get("/.well-known/oauth-authorization-server").await.json(), document);
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("offline_access")));
}

#[tokio::test]
async fn an_mcp_client_registers_signs_in_and_gets_a_token_for_the_resource() {
    let desk = Desk::open();
    let client = desk.register().await;
    let form = desk.authorize(&[("resource", RESOURCE)], &client).await;
    let answer = desk.submit(&form, PASSWORD).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with(NATIVE));
    assert_eq!(answer.redirected("state").as_deref(), Some("st&te"));
    assert_eq!(answer.redirected("iss").as_deref(), Some(ISSUER));
    let reply = desk.redeem(&answer.redirected("code").unwrap(), &client, &[]).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let tokens = reply.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    assert_eq!(tokens["scope"], "mcp:tools offline_access");
    assert!(tokens.get("id_token").is_none());
    let claims = desk.verify(tokens["access_token"].as_str().unwrap(), &access()).await;
    for (name, value) in [
        ("sub", json!("ada")),
        ("client_id", json!(client)),
        ("aud", json!(RESOURCE)),
        ("scope", json!("mcp:tools offline_access")),
        ("exp", json!(NOW + 600)),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(claims["jti"].as_str().unwrap().len() >= 43);
}

#[tokio::test]
async fn a_web_client_gets_an_id_token_and_nothing_for_the_resource() {
    let desk = Desk::open();
    desk.clock.advance(5_000);
    let reply = desk.redeem(&desk.code(&[("max_age", "0"), ("prompt", "login")], "approve").await, "approve", &[]).await.json();
    assert!(reply.get("refresh_token").is_none());
    let claims = desk.verify(reply["id_token"].as_str().unwrap(), &Expected::id_token(ISSUER, "approve")).await;
    for (name, value) in [
        ("sub", json!("ada")),
        ("azp", json!("approve")),
        ("nonce", json!("nonce-value-1")),
        ("auth_time", json!(NOW + 5)),
        ("exp", json!(NOW + 305)),
        ("preferred_username", json!("ada")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let own = desk.verify(reply["access_token"].as_str().unwrap(), &Expected::access_token(ISSUER, ISSUER)).await;
    assert_eq!(own["aud"], ISSUER);
    let refused = desk.authorize(&[("resource", RESOURCE)], "approve").await;
    assert_eq!(refused.redirected("error").as_deref(), Some("invalid_target"));
}

#[tokio::test]
async fn an_mcp_client_never_gets_an_id_token() {
    let desk = Desk::open();
    let client = desk.register().await;
    let code = desk.code(&[("scope", "openid profile mcp:tools")], &client).await;
    let tokens = desk.redeem(&code, &client, &[]).await.json();
    assert!(tokens.get("id_token").is_none());
    assert_eq!(tokens["scope"], "mcp:tools");
    let refused = desk.authorize(&[("scope", "openid")], &client).await;
    assert_eq!(refused.redirected("error").as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn the_resource_may_come_twice_and_must_be_known() {
    let desk = Desk::open();
    let client = desk.register().await;
    let twice = [("resource", RESOURCE), ("resource", RESOURCE)];
    let code = desk.code(&twice, &client).await;
    let tokens = desk.redeem(&code, &client, &twice).await;
    assert_eq!(tokens.status, 200);
    let again = desk.refresh(tokens.json()["refresh_token"].as_str().unwrap(), &client, &twice).await;
    assert_eq!(again.status, 200);
    for other in ["http://127.0.0.1:3001/mcp/", "http://127.0.0.1:3001", "https://evil.example/"] {
        let refused = desk.authorize(&[("resource", RESOURCE), ("resource", other)], &client).await;
        assert_eq!(refused.redirected("error").as_deref(), Some("invalid_target"), "{other}");
        let code = desk.code(&[], &client).await;
        assert_eq!(desk.redeem(&code, &client, &[("resource", other)]).await.json()["error"], "invalid_target");
    }
    // Older clients name none and get the one there is.
    let code = desk.code(&[], &client).await;
    let tokens = desk.redeem(&code, &client, &[]).await.json();
    assert_eq!(desk.verify(tokens["access_token"].as_str().unwrap(), &access()).await["aud"], RESOURCE);
}

#[tokio::test]
async fn a_code_is_bound_to_client_redirect_and_verifier_and_to_a_minute() {
    let desk = Desk::open();
    let (client, other) = (desk.register().await, desk.register().await);
    let wrong: [(&str, &[(&str, &str)]); 4] = [
        (&other, &[]),
        (&client, &[("redirect_uri", "http://localhost:4001/cb")]),
        (&client, &[("code_verifier", "1123456789012345678901234567890123456789012")]),
        ("approve", &[("redirect_uri", NATIVE)]),
    ];
    for (client_id, changes) in wrong {
        let code = desk.code(&[], &client).await;
        assert_eq!(desk.redeem(&code, client_id, changes).await.json()["error"], "invalid_grant", "{client_id} {changes:?}");
        // The attempt spent it.
        assert_eq!(desk.redeem(&code, &client, &[]).await.json()["error"], "invalid_grant");
    }
    let code = desk.code(&[], &client).await;
    for missing in ["code_verifier", "redirect_uri", "client_id", "code", "grant_type"] {
        assert_eq!(desk.redeem(&code, &client, &[(missing, "")]).await.json()["error"], "invalid_request", "{missing}");
    }
    desk.clock.advance(59_999);
    assert_eq!(desk.redeem(&code, &client, &[]).await.status, 200);
    let late = desk.code(&[], &client).await;
    desk.clock.advance(60_000);
    assert_eq!(desk.redeem(&late, &client, &[]).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn using_a_code_twice_revokes_what_came_of_it() {
    let desk = Desk::open();
    let client = desk.register().await;
    let code = desk.code(&[], &client).await;
    let tokens = desk.redeem(&code, &client, &[]).await.json();
    assert_eq!(desk.redeem(&code, &client, &[]).await.json()["error"], "invalid_grant");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(desk.refresh(refresh, &client, &[]).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_reuse_ends_the_family() {
    let desk = Desk::open();
    let client = desk.register().await;
    let first = desk.redeem(&desk.code(&[], &client).await, &client, &[]).await.json();
    let first = first["refresh_token"].as_str().unwrap().to_owned();
    desk.clock.advance(600_000);
    let second = desk.refresh(&first, &client, &[("scope", "mcp:tools")]).await.json();
    assert_eq!(second["scope"], "mcp:tools");
    let claims = desk.verify(second["access_token"].as_str().unwrap(), &access()).await;
    assert_eq!((claims["iat"].as_i64(), claims["auth_time"].as_i64()), (Some(NOW + 600), Some(NOW)));
    let second = second["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    // An answer that was lost is asked for again at once; later it is somebody else who asks.
    assert!(desk.refresh(&first, &client, &[]).await.json()["access_token"].is_string());
    desk.clock.advance(10_000);
    assert_eq!(desk.refresh(&first, &client, &[]).await.json()["error"], "invalid_grant");
    assert_eq!(desk.refresh(&second, &client, &[]).await.json()["error"], "invalid_grant");
    let other = desk.register().await;
    for (who, changes, error) in
        [(other.as_str(), [("x", "y")], "invalid_grant"), (client.as_str(), [("scope", "mcp:tools admin")], "invalid_scope")]
    {
        let tokens = desk.redeem(&desk.code(&[], &client).await, &client, &[]).await.json();
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(desk.refresh(refresh, who, &changes).await.json()["error"], error);
        desk.clock.advance(10_000);
        assert_eq!(desk.refresh(refresh, &client, &[]).await.json()["error"], "invalid_grant");
    }
    let tokens = desk.redeem(&desk.code(&[], &client).await, &client, &[]).await.json();
    desk.clock.advance(12 * 3_600_000);
    assert_eq!(desk.refresh(tokens["refresh_token"].as_str().unwrap(), &client, &[]).await.json()["error"], "invalid_grant");
}

/// One request over a socket; the head and the body of the answer.
async fn over_loopback(address: std::net::SocketAddr, method: &str, path: &str, body: (&str, &str)) -> (String, String) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (media, body) = body;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_whole_loop_over_a_socket() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let issuer = format!("http://{address}");
    let mut settings = options();
    settings.issuer_url.clone_from(&issuer);
    settings.bind = address;
    let served = tokio::spawn(crate::serve(listener, settings, Clock::system()));
    let json_body = json!({"redirect_uris": [NATIVE]}).to_string();
    let (_, registered) = over_loopback(address, "POST", "/register", ("application/json", &json_body)).await;
    let client: Value = serde_json::from_str(&registered).unwrap();
    let client = client["client_id"].as_str().unwrap();
    let (_, form) = over_loopback(address, "GET", &authorize_path(&[], client), ("text/plain", "")).await;
    let transaction = form.split_once("name=\"transaction\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let media = "application/x-www-form-urlencoded";
    let body = format!("transaction={transaction}&username=ada&password={}", PASSWORD.replace(' ', "+"));
    let (head, _) = over_loopback(address, "POST", "/authorize", (media, &body)).await;
    let code = head.split_once("?code=").unwrap().1.split('&').next().unwrap();
    let body = format!("grant_type=authorization_code&code={code}&client_id={client}&redirect_uri={NATIVE}&code_verifier={VERIFIER}");
    let (_, tokens) = over_loopback(address, "POST", "/token", (media, &body)).await;
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let keys = KeySet::new(JwksSource::Discovery { issuer: issuer.clone() }, Clock::system(), http_client().unwrap());
    let claims = keys.verify::<Value>(tokens["access_token"].as_str().unwrap(), &Expected::access_token(issuer, RESOURCE)).await.unwrap();
    assert_eq!(claims.claims()["sub"], "ada");
    served.abort();
}

#[tokio::test]
async fn a_native_client_may_come_back_on_another_port_but_a_web_client_may_not() {
    let desk = Desk::open();
    let client = desk.register().await;
    let moved = "http://localhost:3118/cb";
    let code = desk.code(&[("redirect_uri", moved)], &client).await;
    assert_eq!(desk.redeem(&code, &client, &[("redirect_uri", moved)]).await.status, 200);
    let refused = desk.authorize(&[("redirect_uri", &CALLBACK.replace("3002", "3009"))], "approve").await;
    assert_eq!((refused.status, refused.header("location")), (400, ""));
}
