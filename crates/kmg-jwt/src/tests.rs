//! One case for each property a token is refused for, and vectors of an independent library.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::{Clock, Millis};
use serde_json::{Value, json};

use crate::{Algorithm, Expected, FixedKeys, JwtError, MAX_TOKEN_BYTES, SigningKey, TypRule};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://guard.example/mcp";

fn clock() -> Clock {
    Clock::manual(Millis(NOW * 1_000))
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "ada", "aud": AUDIENCE, "iat": NOW, "nbf": NOW, "exp": NOW + 300, "client_id": "c"})
}

/// `claims()` with some of them replaced; `null` removes one.
fn claims_with(changes: &Value) -> Value {
    let mut all = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name] = value.clone();
        }
    }
    all
}

/// A correctly signed token with any header and payload text.
fn raw(key: &SigningKey, header: &str, payload: &str) -> String {
    key.sign_parts(header, payload).unwrap()
}

fn header(key: &SigningKey, changes: &Value) -> String {
    let mut all = json!({"alg": "ES256", "kid": key.kid(), "typ": "at+jwt"});
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name] = value.clone();
        }
    }
    all.to_string()
}

fn outcome(key: &SigningKey, token: &str) -> Result<Value, JwtError> {
    let keys = FixedKeys::new(&SigningKey::jwks(&[key]), clock()).unwrap();
    keys.verify::<Value>(token, &Expected::access_token(ISSUER, AUDIENCE)).map(super::claims::Verified::into_claims)
}

#[test]
fn a_good_token_is_accepted() {
    for key in [SigningKey::generate_es256().unwrap(), SigningKey::generate_ed25519().unwrap()] {
        assert_eq!(outcome(&key, &key.sign("at+jwt", &claims()).unwrap()).unwrap()["sub"], "ada");
        assert!(outcome(&key, &key.sign("application/AT+JWT", &claims()).unwrap()).is_ok());
        let several = claims_with(&json!({"aud": ["https://other.example", AUDIENCE]}));
        assert!(outcome(&key, &key.sign("at+jwt", &several).unwrap()).is_ok());
    }
}

#[test]
fn every_wrong_claim_is_refused() {
    let key = SigningKey::generate_es256().unwrap();
    let cases = [
        (json!({"iss": "https://id.example/"}), JwtError::WrongIssuer),
        (json!({"iss": "https://ID.example"}), JwtError::WrongIssuer),
        (json!({"iss": null}), JwtError::ClaimMissing),
        (json!({"iss": [ISSUER]}), JwtError::ClaimType),
        (json!({"aud": null}), JwtError::ClaimMissing),
        (json!({"aud": "https://guard.example/mcp/"}), JwtError::WrongAudience),
        (json!({"aud": "https://guard.example"}), JwtError::WrongAudience),
        (json!({"aud": ["https://other.example"]}), JwtError::WrongAudience),
        (json!({"aud": []}), JwtError::WrongAudience),
        (json!({"aud": [AUDIENCE, 7]}), JwtError::ClaimType),
        (json!({"aud": {"0": AUDIENCE}}), JwtError::ClaimType),
        (json!({"sub": null}), JwtError::ClaimMissing),
        (json!({"sub": ""}), JwtError::ClaimType),
        (json!({"sub": 7}), JwtError::ClaimType),
        (json!({"client_id": ["c"]}), JwtError::ClaimType),
        (json!({"exp": null}), JwtError::ClaimMissing),
        (json!({"exp": NOW - 30}), JwtError::Expired),
        (json!({"exp": (NOW + 300).to_string()}), JwtError::ClaimType),
        (json!({"exp": 1e300}), JwtError::ClaimType),
        (json!({"exp": i64::MAX}), JwtError::ClaimType),
        (json!({"nbf": NOW + 31}), JwtError::NotYetValid),
        (json!({"nbf": "0"}), JwtError::ClaimType),
        (json!({"iat": NOW + 31}), JwtError::NotYetValid),
        (json!({"iat": null}), JwtError::ClaimMissing),
        (json!({"iat": -1}), JwtError::ClaimType),
    ];
    for (changes, why) in cases {
        let token = key.sign("at+jwt", &claims_with(&changes)).unwrap();
        assert_eq!(outcome(&key, &token), Err(why), "{changes}");
    }
    for forgiven in [json!({"exp": NOW - 29}), json!({"nbf": NOW + 30}), json!({"iat": NOW + 30}), json!({"nbf": null})] {
        assert!(outcome(&key, &key.sign("at+jwt", &claims_with(&forgiven)).unwrap()).is_ok(), "{forgiven}");
    }
}

#[test]
fn every_wrong_header_is_refused() {
    let key = SigningKey::generate_es256().unwrap();
    let other = SigningKey::generate_ed25519().unwrap();
    let good = claims().to_string();
    let cases = [
        (json!({"alg": "none"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "None"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "es256"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "HS256"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "ES384"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "EdDSA"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": "RS256"}), JwtError::AlgorithmNotAllowed),
        (json!({"alg": null}), JwtError::Malformed),
        (json!({"alg": ["ES256"]}), JwtError::Malformed),
        (json!({"typ": "JWT"}), JwtError::WrongTyp),
        (json!({"typ": null}), JwtError::WrongTyp),
        (json!({"typ": "dpop+jwt"}), JwtError::WrongTyp),
        (json!({"typ": 1}), JwtError::WrongTyp),
        (json!({"kid": "another"}), JwtError::UnknownKey),
        (json!({"kid": null}), JwtError::UnknownKey),
        (json!({"kid": ""}), JwtError::UnknownKey),
        (json!({"kid": "k".repeat(257)}), JwtError::UnknownKey),
        (json!({"jwk": other.jwk()}), JwtError::HeaderNotAllowed),
        (json!({"jku": "https://evil.example/jwks"}), JwtError::HeaderNotAllowed),
        (json!({"x5u": "https://evil.example/x"}), JwtError::HeaderNotAllowed),
        (json!({"x5c": ["AA"]}), JwtError::HeaderNotAllowed),
        (json!({"crit": ["exp"]}), JwtError::HeaderNotAllowed),
        (json!({"b64": false}), JwtError::HeaderNotAllowed),
    ];
    for (changes, why) in cases {
        assert_eq!(outcome(&key, &raw(&key, &header(&key, &changes), &good)), Err(why), "{changes}");
    }
    // The control: the same construction without a change is accepted.
    assert!(outcome(&key, &raw(&key, &header(&key, &json!({})), &good)).is_ok());
}

#[test]
fn the_public_key_is_not_an_hmac_secret() {
    let key = SigningKey::generate_es256().unwrap();
    let jwk = key.jwk();
    let point = ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()).concat();
    let header = header(&key, &json!({"alg": "HS256"}));
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims().to_string()));
    for secret in [point.clone(), [&[4], point.as_slice()].concat(), jwk.to_string().into_bytes()] {
        let secret = jsonwebtoken::EncodingKey::from_secret(&secret);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
        assert_eq!(outcome(&key, &format!("{message}.{signature}")), Err(JwtError::AlgorithmNotAllowed));
    }
}

#[test]
fn what_is_not_a_strict_token_is_refused() {
    let key = SigningKey::generate_es256().unwrap();
    let good = key.sign("at+jwt", &claims()).unwrap();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let duplicate_claim = claims().to_string().replacen('{', r#"{"sub":"eve","#, 1);
    let duplicate_header = header(&key, &json!({})).replacen('{', r#"{"alg":"none","#, 1);
    let plain = header(&key, &json!({}));
    let cases = [
        (raw(&key, &plain, &duplicate_claim), JwtError::Malformed),
        (raw(&key, &duplicate_header, &claims().to_string()), JwtError::Malformed),
        (raw(&key, &plain, "[]"), JwtError::Malformed),
        (raw(&key, &plain, "{} {}"), JwtError::Malformed),
        (raw(&key, "[]", "{}"), JwtError::Malformed),
        (String::new(), JwtError::Malformed),
        ("a.b".to_owned(), JwtError::Malformed),
        (format!("{good}.x"), JwtError::Malformed),
        (format!("{good}="), JwtError::BadSignature),
        (format!("{signed}."), JwtError::BadSignature),
        (good[..good.len() - 4].to_owned(), JwtError::BadSignature),
        (format!(" {good}"), JwtError::Malformed),
        (format!("{signed}.{}", signature.chars().rev().collect::<String>()), JwtError::BadSignature),
        (format!("{}.{}.{signature}", signed.split('.').next().unwrap(), URL_SAFE_NO_PAD.encode("{}")), JwtError::BadSignature),
        (raw(&key, &plain, &claims_with(&json!({"pad": "x".repeat(MAX_TOKEN_BYTES)})).to_string()), JwtError::TooLong),
    ];
    for (index, (token, why)) in cases.into_iter().enumerate() {
        assert_eq!(outcome(&key, &token), Err(why), "case {index}");
    }
}

#[test]
fn a_key_is_used_only_for_what_it_is_published_for() {
    let key = SigningKey::generate_es256().unwrap();
    let token = key.sign("at+jwt", &claims()).unwrap();
    let published = |changes: Value| {
        let mut jwk = key.jwk();
        for (name, value) in changes.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        let keys = crate::jwk::Keys::parse(&json!({"keys": [jwk]})).unwrap();
        let token = crate::compact::UnverifiedToken::parse(&token).unwrap();
        keys.verify::<Value>(&token, &Expected::access_token(ISSUER, AUDIENCE), clock().now()).map(drop)
    };
    assert_eq!(published(json!({})), Ok(()));
    assert_eq!(published(json!({"use": "enc"})), Err(JwtError::UnknownKey));
    assert_eq!(published(json!({"key_ops": ["encrypt"]})), Err(JwtError::UnknownKey));
    assert_eq!(published(json!({"kty": "oct"})), Err(JwtError::UnknownKey));
    assert_eq!(published(json!({"crv": "P-384"})), Err(JwtError::UnknownKey));
    assert_eq!(published(json!({"alg": "RS256"})), Err(JwtError::AlgorithmNotAllowed));
    let twice = json!({"keys": [key.jwk(), key.jwk()]});
    let keys = FixedKeys::new(&twice, clock()).unwrap();
    assert!(keys.verify::<Value>(&token, &Expected::access_token(ISSUER, AUDIENCE)).is_err());
}

#[test]
fn algorithms_types_and_expiry_follow_what_is_expected() {
    let key = SigningKey::generate_es256().unwrap();
    let keys = FixedKeys::new(&SigningKey::jwks(&[&key]), clock()).unwrap();
    let token = key.sign("at+jwt", &claims()).unwrap();
    let only_rsa = Expected { algorithms: vec![Algorithm::Rs256], ..Expected::access_token(ISSUER, AUDIENCE) };
    assert_eq!(keys.verify::<Value>(&token, &only_rsa).map(drop), Err(JwtError::AlgorithmNotAllowed));
    assert_eq!(keys.verify::<Value>(&token, &Expected::id_token(ISSUER, AUDIENCE)).map(drop), Err(JwtError::WrongTyp));
    let old_style = Expected { typ: TypRule::AccessTokenOrJwt, ..Expected::access_token(ISSUER, AUDIENCE) };
    assert!(keys.verify::<Value>(&key.sign("JWT", &claims()).unwrap(), &old_style).is_ok());
    let past = key.sign("JWT", &claims_with(&json!({"nonce": "n", "exp": NOW - 5_000, "iat": NOW - 6_000, "nbf": null}))).unwrap();
    let id_token = Expected::id_token(ISSUER, AUDIENCE);
    assert_eq!(keys.verify::<Value>(&past, &id_token).map(drop), Err(JwtError::Expired));
    let later = Expected { ignore_expiry: true, ..id_token };
    assert_eq!(keys.verify::<Value>(&past, &later).unwrap().expires_at(), NOW - 5_000);
    let no_exp = key.sign("JWT", &claims_with(&json!({"nonce": "n", "exp": null}))).unwrap();
    assert_eq!(keys.verify::<Value>(&no_exp, &later).map(drop), Err(JwtError::ClaimMissing));
    let generous = Expected { leeway_seconds: 3_600, ..Expected::access_token(ISSUER, AUDIENCE) };
    let expired = key.sign("at+jwt", &claims_with(&json!({"exp": NOW - 31}))).unwrap();
    assert_eq!(keys.verify::<Value>(&expired, &generous).map(drop), Err(JwtError::Expired));
}

#[test]
fn tokens_of_an_independent_library_verify() {
    let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let keys = FixedKeys::new(&vectors["jwks"], clock()).unwrap();
    let expected = Expected::access_token(ISSUER, AUDIENCE);
    for vector in vectors["tokens"].as_array().unwrap() {
        let token = vector["token"].as_str().unwrap();
        assert_eq!(keys.verify::<Value>(token, &expected).is_ok(), vector["accepted"] == true, "{vector}");
        // Another first character of the signature: another signature over the same bytes.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        let altered = format!("{signed}.{first}{}", &signature[1..]);
        assert!(keys.verify::<Value>(&altered, &expected).is_err(), "{vector}");
    }
}
