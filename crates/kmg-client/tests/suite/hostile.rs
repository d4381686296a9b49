//! Issuers and resources that say something else than they must.

use std::time::Duration;

use kmg_client::SignIn;
use serde_json::{Value, json};

use crate::world::{ISSUER, METADATA, Reply, World, asked, back, get};

/// `document` with one member replaced; `null` removes it.
fn with(mut document: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        document.as_object_mut().unwrap().remove(name);
    } else {
        document[name] = value;
    }
    document
}

#[tokio::test]
async fn a_sign_in_does_not_begin_on_wrong_metadata() {
    let world = World::start().await;
    let origin = world.origin.clone();
    let issuer = |name: &str, value: Value| (ISSUER, Reply::json(200, &with(world.metadata(), name, value)));
    let resource = |document: &Value| (METADATA, Reply::json(200, document));
    let challenge = |header: &str| ("challenge", Reply::json(401, &json!({})).header("www-authenticate", header));
    let rows = [
        (("challenge", Reply::json(200, &json!({}))), "not answered with 401"),
        (("challenge", Reply::json(401, &json!({}))), "no WWW-Authenticate"),
        (challenge("Basic realm=\"x\""), "no resource_metadata"),
        (challenge("Bearer resource_metadata=\"http://resource.example/x\""), "https"),
        (challenge("Bearer resource_metadata=\"file:///etc/passwd\""), "not a usable URL"),
        (resource(&json!({ "resource": origin, "authorization_servers": [origin] })), "of another resource"),
        (resource(&json!({ "resource": world.mcp_url().as_str() })), "no authorization server"),
        (resource(&json!({ "resource": world.mcp_url().as_str(), "authorization_servers": ["http://issuer.example"] })), "https"),
        ((METADATA, Reply::json(302, &json!({})).header("location", "/elsewhere")), "status 302"),
        ((METADATA, Reply::json(200, &json!({ "pad": "x".repeat(70_000) }))), "larger than the limit"),
        (issuer("issuer", json!(format!("{origin}/"))), "names itself otherwise"),
        (issuer("code_challenge_methods_supported", Value::Null), "PKCE"),
        (issuer("code_challenge_methods_supported", json!(["plain"])), "PKCE"),
        (issuer("authorization_endpoint", Value::Null), "no authorization_endpoint"),
        (issuer("token_endpoint", json!("http://issuer.example/token")), "https"),
        (issuer("registration_endpoint", Value::Null), "no registrations"),
        (("/register", Reply::json(429, &json!({ "error": "temporarily_unavailable" }))), "status 429"),
        (("/register", Reply::json(201, &json!({}))), "no client_id"),
    ];
    for ((path, reply), why) in rows {
        let fresh = World::start().await;
        // The bad answer names the world it was made for: everything there is right but this.
        let put = Reply { body: reply.body.replace(&origin, &fresh.origin), ..reply };
        fresh.set(path, put);
        let error = SignIn::begin(&fresh.mcp_url(), "Test").await.unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(fresh.seen("/elsewhere").is_empty());
    }
}

/// A document under OpenID's name does as well, and an issuer with a path has its name before the path.
#[tokio::test]
async fn the_issuers_metadata_is_looked_for_where_it_may_be() {
    for (path, place) in [
        ("", "/.well-known/openid-configuration"),
        ("/t", "/.well-known/oauth-authorization-server/t"),
        ("/t", "/.well-known/openid-configuration/t"),
        ("/t", "/t/.well-known/openid-configuration"),
    ] {
        let world = World::start().await;
        let issuer = format!("{}{path}", world.origin);
        world.set(ISSUER, Reply::json(404, &json!({})));
        world.set(METADATA, Reply::json(200, &json!({ "resource": world.mcp_url().as_str(), "authorization_servers": [issuer] })));
        world.set(place, Reply::json(200, &with(world.metadata(), "issuer", json!(issuer))));
        SignIn::begin(&world.mcp_url(), "Test").await.unwrap_or_else(|error| panic!("{place}: {error}"));
    }
}

/// A resource that asks for no scope is not asked for an empty one.
#[tokio::test]
async fn a_scope_is_asked_for_where_there_is_one() {
    let world = World::start().await;
    let challenge = format!("Bearer resource_metadata=\"{}{METADATA}\"", world.origin);
    world.set("challenge", Reply::json(401, &json!({})).header("www-authenticate", challenge));
    world.set(ISSUER, Reply::json(200, &with(world.metadata(), "scopes_supported", Value::Null)));
    assert_eq!(asked(&SignIn::begin(&world.mcp_url(), "Test").await.unwrap(), "scope"), None);
    let resource = json!({ "resource": world.mcp_url().as_str(), "authorization_servers": [world.origin], "scopes_supported": ["a", "b"] });
    world.set(METADATA, Reply::json(200, &resource));
    assert_eq!(asked(&SignIn::begin(&world.mcp_url(), "Test").await.unwrap(), "scope").as_deref(), Some("a b"));
}

#[tokio::test]
async fn the_way_back_must_name_the_issuer_that_was_asked() {
    let world = World::start().await;
    let other = "http://127.0.0.1:1";
    let origin = world.origin.clone();
    for (answer, why) in [
        (vec![("code", "k1")], "another issuer"),
        (vec![("code", "k1"), ("iss", other)], "another issuer"),
        // What another issuer says about the person is not believed either.
        (vec![("error", "access_denied"), ("iss", other)], "another issuer"),
        (vec![("iss", origin.as_str())], "neither code nor error"),
        (vec![("code", ""), ("iss", origin.as_str())], "neither code nor error"),
    ] {
        let sign_in = SignIn::begin(&world.mcp_url(), "Test").await.unwrap();
        let url = back(&sign_in, &answer);
        let (session, page) = tokio::join!(sign_in.finish(Duration::from_secs(20)), get(&url));
        let error = session.err().unwrap();
        assert!(error.to_string().contains(why), "{answer:?}: {error}");
        assert!(page.starts_with("HTTP/1.1 400"), "{page}");
    }
    assert!(world.seen("/token").is_empty(), "no code was sent anywhere");
}

#[tokio::test]
async fn tokens_that_are_none_are_refused() {
    let world = World::start().await;
    for (reply, why) in [
        (Reply::json(400, &json!({ "error": "invalid_grant" })), "status 400"),
        (Reply::json(200, &json!({ "access_token": "a", "token_type": "DPoP" })), "no bearer token"),
        (Reply::json(200, &json!({ "token_type": "Bearer" })), "no access_token"),
        (Reply::json(200, &json!({})).header("content-type", "text/html"), "Content-Type"),
    ] {
        world.set("/token", reply);
        let sign_in = SignIn::begin(&world.mcp_url(), "Test").await.unwrap();
        let url = back(&sign_in, &[("code", "k1"), ("iss", &world.origin)]);
        let (session, page) = tokio::join!(sign_in.finish(Duration::from_secs(20)), get(&url));
        let error = session.err().unwrap();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(page.starts_with("HTTP/1.1 400"), "{page}");
    }
}
