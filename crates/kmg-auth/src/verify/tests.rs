//! What makes a caller, and what does not.

use kmg_core::problem::Code;
use kmg_jwt::{JwtError, SigningKey};
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://guard.example/mcp";

struct Desk {
    key: SigningKey,
    clock: Clock,
    verifier: TokenVerifier,
}

impl Desk {
    fn open() -> Self {
        let clock = Clock::manual(Millis(NOW * 1_000));
        let key = SigningKey::generate_es256().unwrap();
        let keys = KeySet::fixed(&SigningKey::jwks(&[&key]), clock.clone()).unwrap();
        Self { verifier: TokenVerifier::new(keys, ISSUER, AUDIENCE, clock.clone()), key, clock }
    }

    fn token(&self, typ: &str, changes: &Value) -> Bearer {
        let mut claims = json!({"iss": ISSUER, "sub": "ada", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300, "client_id": "agent", "scope": "mcp:tools other"});
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        Bearer::parse(&format!("Bearer {}", self.key.sign(typ, &claims).unwrap())).unwrap()
    }

    async fn verify(&self, typ: &str, changes: &Value) -> Result<Caller, AuthError> {
        self.verifier.verify(&self.token(typ, changes)).await
    }
}

#[tokio::test]
async fn a_good_token_names_its_caller_and_scopes() {
    let desk = Desk::open();
    let caller = desk.verify("at+jwt", &json!({})).await.unwrap();
    let requester = caller.requester();
    assert_eq!((requester.iss.as_str(), requester.sub.as_str(), requester.client_id.as_str()), (ISSUER, "ada", "agent"));
    assert!(caller.has_scope("mcp:tools") && caller.has_scope("other") && !caller.has_scope("mcp") && !caller.has_scope("mcp:tools other"));
    for (changes, scoped) in [
        (json!({"scope": ["mcp:tools"]}), true),
        (json!({"scope": null, "scp": "mcp:tools"}), true),
        (json!({"client_id": null, "azp": "agent"}), true),
        (json!({"azp": "agent"}), true),
        (json!({"scope": null}), false),
        (json!({"scope": ""}), false),
        (json!({"scope": "MCP:TOOLS"}), false),
    ] {
        assert_eq!(desk.verify("at+jwt", &changes).await.unwrap().has_scope("mcp:tools"), scoped, "{changes}");
    }
}

#[tokio::test]
async fn a_token_for_something_else_names_nobody() {
    let desk = Desk::open();
    for changes in [
        json!({"aud": "https://guard.example"}),
        json!({"aud": null}),
        json!({"iss": "https://other.example"}),
        json!({"exp": NOW - 31}),
        json!({"nbf": NOW + 31}),
        json!({"sub": null}),
        json!({"client_id": null}),
        json!({"client_id": 7}),
        json!({"azp": "another"}),
        json!({"scope": 7}),
        json!({"scope": ["mcp:tools", 7]}),
        json!({"scope": ["mcp:tools other"]}),
        json!({"scope": "x".repeat(129)}),
        json!({"scope": "x ".repeat(65)}),
        json!({"sub": "s".repeat(256)}),
        json!({"cnf": {"jkt": "x"}}),
        json!({"typ": "ID"}),
    ] {
        let error = desk.verify("at+jwt", &changes).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidToken, "{changes}");
        assert!(!error.to_string().contains("ada"), "{changes}");
    }
    assert_eq!(desk.verify("JWT", &json!({})).await.unwrap_err(), AuthError::Token(JwtError::WrongTyp));
}

#[tokio::test]
async fn older_providers_may_be_taken_on_request() {
    let mut desk = Desk::open();
    desk.verifier = desk.verifier.accept_plain_jwt();
    // As Keycloak 26 writes it.
    let keycloak = json!({"client_id": null, "azp": "agent", "typ": "Bearer", "aud": ["account", AUDIENCE]});
    assert_eq!(desk.verify("JWT", &keycloak).await.unwrap().requester().client_id, "agent");
    for other in ["ID", "Refresh", "Logout"] {
        assert!(desk.verify("JWT", &json!({"typ": other})).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn a_remembered_token_still_ends_with_its_time() {
    let desk = Desk::open();
    let bearer = desk.token("at+jwt", &json!({"exp": NOW + 20}));
    desk.verifier.verify(&bearer).await.unwrap();
    assert_eq!(desk.verifier.with_cache(|cache| cache.entries.len()), 1);
    desk.clock.advance(49_999);
    desk.verifier.verify(&bearer).await.unwrap();
    desk.clock.advance(1);
    assert_eq!(desk.verifier.verify(&bearer).await.unwrap_err(), AuthError::Token(JwtError::Expired));
    // A refused token is not remembered, and one whose clock went back is verified anew.
    assert!(desk.verify("at+jwt", &json!({"aud": "x"})).await.is_err());
    assert_eq!(desk.verifier.with_cache(|cache| cache.entries.len()), 1);
    let digest: [u8; 32] = Sha256::digest(bearer.expose().as_bytes()).into();
    assert!(desk.verifier.with_cache(|cache| cache.get(&digest, Millis(0))).is_none());
}

#[tokio::test]
async fn the_memory_is_bounded_and_drops_the_oldest() {
    let desk = Desk::open();
    let caller = desk.verify("at+jwt", &json!({})).await.unwrap();
    let mut cache = Cache::default();
    let now = desk.clock.now();
    for number in 0..2_000_u32 {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        cache.put(digest, Entry { caller: caller.clone(), from: now, until: now.plus(1) });
    }
    assert_eq!((cache.entries.len(), cache.order.len()), (MAX_CACHED, MAX_CACHED));
    assert!(cache.get(&[0; 32], now).is_none());
}
