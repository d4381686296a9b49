//! The sign-in, with the real development issuer.

use std::time::Duration;

use kmg_client::{ClientError, SignIn};
use kmg_core::clock::Clock;
use kmg_devissuer::IssuerOptions;
use kmg_jwt::SigningKey;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::world::{METADATA, Reply, World, asked, back, exchange, get, post};

const PASSWORD: &str = "correct horse battery";
const SOON: Duration = Duration::from_secs(20);

/// The world's resource with the development issuer.
async fn world() -> World {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bind = listener.local_addr().unwrap();
    let options = IssuerOptions {
        issuer_url: format!("http://{bind}"),
        bind,
        username: "ada".to_owned(),
        password: PASSWORD.into(),
        mcp_resource: world.mcp_url().to_string(),
        web_clients: Vec::new(),
        access_token_ttl_seconds: 600,
        signing_key: SigningKey::generate_es256().unwrap(),
    };
    let resource = json!({ "resource": world.mcp_url().as_str(), "authorization_servers": [options.issuer_url] });
    world.set(METADATA, Reply::json(200, &resource));
    tokio::spawn(kmg_devissuer::serve(listener, options, Clock::system()));
    world
}

/// What a person does on the issuer's page; where the browser is sent then.
async fn at_the_issuer(sign_in: &SignIn, more: &[(&str, &str)]) -> Url {
    let page = get(sign_in.authorize_url()).await;
    let (_, rest) = page.split_once("name=\"transaction\" value=\"").unwrap_or_else(|| panic!("{page}"));
    let mut form = vec![("transaction", rest.split('"').next().unwrap())];
    form.extend(more);
    let answer = post(sign_in.authorize_url(), &form).await;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("{answer}"));
    Url::parse(location).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_the_client_calls_with_its_token() {
    let world = world().await;
    let sign_in = SignIn::begin(&world.mcp_url(), "Walk").await.unwrap();
    assert_eq!(asked(&sign_in, "resource").as_deref(), Some(world.mcp_url().as_str()));
    assert_eq!(asked(&sign_in, "scope").as_deref(), Some("mcp:tools offline_access"));
    assert!(get(sign_in.authorize_url()).await.contains("Walk"), "the person reads who asks");
    let back = at_the_issuer(&sign_in, &[("username", "ada"), ("password", PASSWORD)]).await;
    let (session, page) = tokio::join!(sign_in.finish(SOON), get(&back));
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("You may close this tab"), "{page}");
    session.unwrap().call("get_allowed_namespaces", &json!({})).await.unwrap();
    let call = &world.seen("/mcp")[0];
    assert_eq!(call.header("authorization").matches('.').count(), 2, "a signed token: {call:?}");
}

#[tokio::test]
async fn cancelling_is_told_to_both_sides() {
    let world = world().await;
    let sign_in = SignIn::begin(&world.mcp_url(), "Walk").await.unwrap();
    let back = at_the_issuer(&sign_in, &[("action", "cancel")]).await;
    let (session, page) = tokio::join!(sign_in.finish(SOON), get(&back));
    assert!(page.starts_with("HTTP/1.1 400") && page.contains("Not signed in"), "{page}");
    let Err(ClientError::Refused(error)) = session else { panic!("it was let in") };
    assert_eq!(error.for_escaping(), "access_denied");
}

/// Whatever else comes to the port is 404 and changes nothing: pages of the browser, guesses, silent connections.
#[tokio::test]
async fn only_the_right_state_ends_the_wait() {
    let world = World::start().await;
    let sign_in = SignIn::begin(&world.mcp_url(), "Walk").await.unwrap();
    let good = back(&sign_in, &[("code", "k1"), ("iss", &world.origin)]);
    let strangers = {
        let with = |change: &dyn Fn(&mut Url)| {
            let mut url = good.clone();
            change(&mut url);
            url
        };
        [
            with(&|url| url.set_path("/favicon.ico")),
            with(&|url| url.set_path("/callback/")),
            with(&|url| url.set_query(None)),
            with(&|url| url.set_query(Some("code=k1&state=guess"))),
            with(&|url| url.set_query(Some(&format!("{}&state=guess", good.query().unwrap())))),
            with(&|url| url.set_query(Some(&format!("{}&code=k2", good.query().unwrap())))),
        ]
    };
    let silent: Vec<TcpStream> = connections(&good, 3).await;
    let visits = async {
        for stranger in &strangers {
            let answer = get(stranger).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{stranger}: {answer}");
        }
        let posted = exchange(&good, &format!("POST {} HTTP/1.1\r\nHost: x\r\n\r\n", &good[url::Position::BeforePath..])).await;
        assert!(posted.starts_with("HTTP/1.1 404"), "{posted}");
        let answer = get(&good).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Content-Security-Policy: default-src 'none'"), "{answer}");
    };
    let (session, ()) = tokio::join!(sign_in.finish(SOON), visits);
    session.unwrap();
    assert!(TcpStream::connect(good.socket_addrs(|| None).unwrap()[0]).await.is_err(), "the port is closed");
    assert_eq!(world.seen("/token")[0].form("code").as_deref(), Some("k1"));
    drop(silent);
}

async fn connections(url: &Url, count: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap());
    }
    open
}

#[tokio::test]
async fn waiting_ends() {
    let world = World::start().await;
    let sign_in = SignIn::begin(&world.mcp_url(), "Walk").await.unwrap();
    assert!(matches!(sign_in.finish(Duration::from_millis(20)).await, Err(ClientError::NobodyCame)));
}
