//! The listener: TLS under the sandbox's own authority, tokens, and faults on order.

use std::time::Duration;

use kmg_core::clock::Clock;
use kmg_sandbox::{Effect, Faults, Images, Options, Pace, Rule, Sandbox, SandboxError, User, When};
use reqwest::{Certificate, Client, Response};
use serde_json::{Value, json};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn options(listen: &str) -> Options {
    Options {
        listen: listen.parse().unwrap(),
        users: vec![User { name: "admin".into(), groups: vec!["system:masters".into()], token: "secret".to_owned().into() }],
        seed: Vec::new(),
        fence: None,
        images: Images { missing: Vec::new(), pace: Pace::instant() },
        faults: Faults::default(),
        clock: Clock::system(),
    }
}

async fn start() -> (Sandbox, Client) {
    let sandbox = Sandbox::start(options("127.0.0.1:0")).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the bounded client has no place for an authority of its own")]
    let builder = Client::builder();
    let authority = Certificate::from_pem(sandbox.authority_pem().as_bytes()).unwrap();
    let client = builder.tls_certs_only([authority]).no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
    (sandbox, client)
}

async fn create(sandbox: &Sandbox, client: &Client, name: &str) -> reqwest::Result<Response> {
    let url = format!("https://{}{CONFIG_MAPS}", sandbox.address());
    let body = json!({"metadata": {"name": name}}).to_string();
    client.post(url).bearer_auth("secret").header("content-type", "application/json").body(body).send().await
}

async fn get(sandbox: &Sandbox, client: &Client, path: &str) -> reqwest::Result<Response> {
    client.get(format!("https://{}{path}", sandbox.address())).bearer_auth("secret").header("audit-id", "a-1").send().await
}

async fn status(sandbox: &Sandbox, client: &Client, name: &str) -> u16 {
    get(sandbox, client, &format!("{CONFIG_MAPS}/{name}")).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn it_says_what_it_is_and_knows_who_asks() {
    let (sandbox, client) = start().await;
    let answer = get(&sandbox, &client, CONFIG_MAPS).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["kmg-sandbox"], &answer.headers()["audit-id"]),
        (200, &"1".parse().unwrap(), &"a-1".parse().unwrap())
    );
    let url = format!("https://{}", sandbox.address());
    let banner = client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(banner.contains("It is not a cluster"), "{banner}");
    assert_eq!(client.get(format!("{url}{CONFIG_MAPS}")).send().await.unwrap().status().as_u16(), 403);
    assert_eq!(client.get(format!("{url}{CONFIG_MAPS}")).bearer_auth("other").send().await.unwrap().status().as_u16(), 401);
    let kubeconfig: Value = serde_json::from_str(&sandbox.kubeconfig("admin").unwrap()).unwrap();
    assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], url);
    assert_eq!(sandbox.kubeconfig("nobody"), None);
    sandbox.stop().await;
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn it_stays_on_loopback() {
    assert!(matches!(Sandbox::start(options("0.0.0.0:0")).await, Err(SandboxError::NotLoopback(_))));
}

#[tokio::test]
async fn a_seed_that_is_none_of_its_kinds_is_refused_with_its_place() {
    let seed =
        vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}), json!({"apiVersion": "v1", "kind": "Secret"})];
    let refused = Sandbox::start(Options { seed, ..options("127.0.0.1:0") }).await.unwrap_err();
    assert_eq!(refused.to_string(), "seed object 1: the sandbox has no v1 Secret");
    let seed = vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "nowhere"}})];
    let refused = Sandbox::start(Options { seed, ..options("127.0.0.1:0") }).await.unwrap_err();
    assert_eq!(refused.to_string(), "seed object 0: its namespace nowhere is not there");
}

#[tokio::test]
async fn a_fault_before_leaves_nothing_and_one_after_leaves_the_write() {
    let (sandbox, client) = start().await;
    let faults = sandbox.faults();
    let post = |effect| Rule { method: Some("POST".into()), path: Some("/configmaps".into()), dry_run: Some(false), ..Rule::next(effect) };
    faults.add(post(Effect::Status(503, When::Before)));
    assert_eq!(create(&sandbox, &client, "a").await.unwrap().status().as_u16(), 503);
    faults.add(post(Effect::Status(504, When::After)));
    assert_eq!(create(&sandbox, &client, "b").await.unwrap().status().as_u16(), 504);
    faults.add(post(Effect::Close(When::Before)));
    assert!(create(&sandbox, &client, "c").await.is_err());
    faults.add(post(Effect::Close(When::After)));
    assert!(create(&sandbox, &client, "d").await.is_err());
    let mut stored = Vec::new();
    for name in ["a", "b", "c", "d"] {
        stored.push(status(&sandbox, &client, name).await);
    }
    assert_eq!(stored, [404, 200, 404, 200]);
    assert_eq!(faults.left(), 0);
}

#[tokio::test]
async fn bodies_can_be_cut_short_or_endless_and_answers_can_stall() {
    let (sandbox, client) = start().await;
    let faults = sandbox.faults();
    faults.add(Rule::next(Effect::CutShort));
    assert!(get(&sandbox, &client, CONFIG_MAPS).await.unwrap().bytes().await.is_err());
    faults.add(Rule::next(Effect::Endless));
    let mut endless = get(&sandbox, &client, CONFIG_MAPS).await.unwrap();
    let mut read = 0;
    while read < 1 << 20 {
        read += endless.chunk().await.unwrap().unwrap().len();
    }
    drop(endless);
    faults.add(Rule::next(Effect::Stall(When::Before)));
    let url = format!("https://{}{CONFIG_MAPS}", sandbox.address());
    // Long enough for the request to arrive on a busy machine: one that did not would leave the stall to the next.
    let stalled = client.get(url).bearer_auth("secret").timeout(Duration::from_secs(3)).send().await;
    assert!(stalled.unwrap_err().is_timeout());
    assert_eq!(get(&sandbox, &client, CONFIG_MAPS).await.unwrap().status().as_u16(), 200);
}
