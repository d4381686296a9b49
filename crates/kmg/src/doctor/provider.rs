//! The identity provider: everything signing in needs of it.

use kmg_auth::{Discovery, Endpoint};
use kmg_core::clock::Clock;
use kmg_jwt::{FixedKeys, HttpClient, HttpError, MAX_RESPONSE_BYTES, UrlRule};

use super::clock;
use super::finding::{Finding, word};

/// The checks of a provider that answered.
const REST: [&str; 6] =
    ["provider.issuer", "provider.endpoints", "provider.pkce", "provider.callback-issuer", "provider.keys", "clock.provider"];

/// Looks at the provider `issuer`.
pub(crate) async fn check(issuer: &str, http: &HttpClient, clock: &Clock) -> Vec<Finding> {
    const ID: &str = "provider.reach";
    let mut findings = vec![transport(issuer)];
    let fetching = Discovery::fetch(issuer, http);
    let (fetched, ahead) = clock::ahead(clock, fetching, |fetched| fetched.as_ref().ok()?.date()).await;
    let discovery = match fetched {
        Ok(discovery) => discovery,
        Err(error) => {
            findings.push(Finding::problem(ID, format!("{issuer}: {error}"), unreachable(issuer, &error)));
            findings.extend(REST.map(|id| Finding::not_checked(id, "the discovery document could not be had")));
            return findings;
        }
    };
    findings.push(Finding::ok(ID, format!("{issuer} has a discovery document")));
    findings.extend([names_its_issuer(&discovery), endpoints(&discovery), pkce(&discovery), callback_issuer(&discovery)]);
    findings.push(keys(&discovery, http, clock).await);
    findings.push(clock::check("clock.provider", ahead));
    findings
}

fn transport(issuer: &str) -> Finding {
    const ID: &str = "provider.transport";
    match UrlRule::HttpsOrLoopback.check(issuer) {
        Ok(url) if url.scheme() == "https" => Finding::ok(ID, "https"),
        Ok(_) => Finding::ok(ID, "plain http, on loopback"),
        Err(error) => Finding::problem(ID, error.to_string(), "set identity.issuer to the provider's https address"),
    }
}

/// What to do about a document that could not be had.
fn unreachable(issuer: &str, error: &HttpError) -> String {
    let url = word(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
    match error {
        HttpError::Unreachable => format!(
            "is it running, and do its name, its port and its certificate hold from here? `curl -v {url}` tells; for the development \
             issuer: `kmg issuer --config issuer.toml`"
        ),
        HttpError::Status(_) | HttpError::ContentType | HttpError::Json | HttpError::TooLarge => {
            format!("identity.issuer must be the provider's issuer identifier, byte for byte; `curl -v {url}` shows what is there")
        }
        _ => "set identity.issuer to the provider's https address".to_owned(),
    }
}

fn names_its_issuer(discovery: &Discovery) -> Finding {
    const ID: &str = "provider.issuer";
    match discovery.names_its_issuer() {
        Ok(()) => Finding::ok(ID, "the document names the issuer of the settings"),
        Err(error) => {
            Finding::problem(ID, error.to_string(), "set identity.issuer to exactly what the document says: its tokens say it too")
        }
    }
}

fn endpoints(discovery: &Discovery) -> Finding {
    const ID: &str = "provider.endpoints";
    let all = [Endpoint::Authorization, Endpoint::Token, Endpoint::Jwks];
    let wrong: Vec<String> =
        all.into_iter().filter_map(|endpoint| Some(format!("{}: {}", endpoint.name(), discovery.endpoint(endpoint).err()?))).collect();
    if wrong.is_empty() {
        return Finding::ok(ID, "authorization, token and keys are where they may be");
    }
    Finding::problem(ID, wrong.join("; "), "use a provider with OpenID Connect Discovery whose addresses are https, as its issuer is")
}

fn pkce(discovery: &Discovery) -> Finding {
    const ID: &str = "provider.pkce";
    match discovery.offers_s256() {
        Ok(true) => Finding::ok(ID, "S256"),
        Ok(false) => Finding::warning(
            ID,
            "the document does not say that S256 is supported",
            "make sure that the provider checks the PKCE challenge",
        ),
        Err(error) => Finding::problem(ID, error.to_string(), "turn on PKCE with S256 at the provider: no sign-in works without it"),
    }
}

fn callback_issuer(discovery: &Discovery) -> Finding {
    const ID: &str = "provider.callback-issuer";
    if discovery.sends_issuer() {
        return Finding::ok(ID, "every callback names its issuer (RFC 9207)");
    }
    let remedy = "turn on authorization_response_iss_parameter_supported (RFC 9207) at the provider, if it has it: it stops mix-up attacks";
    Finding::warning(ID, "callbacks need not name their issuer", remedy)
}

async fn keys(discovery: &Discovery, http: &HttpClient, clock: &Clock) -> Finding {
    const ID: &str = "provider.keys";
    let Ok(url) = discovery.endpoint(Endpoint::Jwks) else {
        return Finding::not_checked(ID, "the document names no keys; see provider.endpoints");
    };
    let wrong = match http.get_json(url.as_str(), MAX_RESPONSE_BYTES).await {
        Ok(jwks) => match FixedKeys::new(&jwks, clock.clone()) {
            Ok(_) => return Finding::ok(ID, format!("{url} has a usable key")),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    let remedy = "the provider must publish a signing key with a `kid`: ES256, EdDSA, RS256 or PS256 (RFC 7517)";
    Finding::problem(ID, format!("{url}: {wrong}"), remedy)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::header::CONTENT_TYPE;
    use axum::routing::get;
    use kmg_core::clock::Millis;
    use kmg_jwt::{SigningKey, http_client};
    use serde_json::{Value, json};

    use super::super::finding::Status;
    use super::super::specimen::{one, unwell};
    use super::*;

    type Alter = fn(&mut Value, &mut Value);

    /// What is found at a provider whose document and keys `alter` changes.
    async fn found(clock: &Clock, alter: impl FnOnce(&mut Value, &mut Value)) -> Vec<Finding> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mut document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"), "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        let mut jwks = SigningKey::jwks(&[&SigningKey::generate_es256().unwrap()]);
        alter(&mut document, &mut jwks);
        let answer = |value: Value| get(|| async move { ([(CONTENT_TYPE, "application/json")], value.to_string()) });
        let router = Router::new().route("/.well-known/openid-configuration", answer(document)).route("/jwks", answer(jwks));
        tokio::spawn(async move { axum::serve(listener, router).await });
        check(&issuer, &http_client().unwrap(), clock).await
    }

    #[tokio::test]
    async fn a_good_provider_is_well() {
        let findings = found(&Clock::system(), |_, _| ()).await;
        assert!(findings.iter().all(|finding| finding.status == Status::Ok), "{findings:?}");
        assert_eq!(findings.len(), 2 + REST.len());
    }

    #[tokio::test]
    async fn each_rule_it_breaks_is_named() {
        let alterations: [(&str, Status, Alter); 9] = [
            ("provider.issuer", Status::Problem, |document, _| document["issuer"] = "https://id.example".into()),
            ("provider.endpoints", Status::Problem, |document, _| document["token_endpoint"] = Value::Null),
            ("provider.endpoints", Status::Problem, |document, _| document["authorization_endpoint"] = "http://id.example/".into()),
            ("provider.pkce", Status::Problem, |document, _| document["code_challenge_methods_supported"] = json!(["plain"])),
            ("provider.pkce", Status::Warning, |document, _| {
                drop(document.as_object_mut().unwrap().remove("code_challenge_methods_supported"));
            }),
            ("provider.callback-issuer", Status::Warning, |document, _| {
                document["authorization_response_iss_parameter_supported"] = false.into();
            }),
            ("provider.keys", Status::Problem, |_, jwks| *jwks = json!({ "keys": [] })),
            ("provider.keys", Status::Problem, |_, jwks| jwks["keys"][0]["use"] = "enc".into()),
            ("provider.keys", Status::Problem, |_, jwks| *jwks = json!([])),
        ];
        for (id, status, alter) in alterations {
            let findings = found(&Clock::system(), alter).await;
            assert_eq!((unwell(&findings), one(&findings, id).status), (vec![id], status), "{findings:?}");
        }
    }

    #[tokio::test]
    async fn a_clock_that_differs_is_named() {
        let early = Clock::manual(Clock::system().now().plus(-10_000));
        assert_eq!(one(&found(&early, |_, _| ()).await, "clock.provider").status, Status::Warning);
        let findings = found(&Clock::manual(Millis(0)), |_, _| ()).await;
        assert_eq!(one(&findings, "clock.provider").status, Status::Problem);
    }

    #[tokio::test]
    async fn a_provider_that_is_not_there_leaves_the_rest_open() {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let http = http_client().unwrap();
        let findings = check(&format!("http://{gone}"), &http, &Clock::system()).await;
        assert_eq!(unwell(&findings), ["provider.reach"]);
        assert!(REST.iter().all(|id| one(&findings, id).status == Status::NotChecked));
        let insecure = check("http://id.example", &http, &Clock::system()).await;
        assert_eq!(unwell(&insecure), ["provider.transport", "provider.reach"]);
    }
}
