//! A resource and an issuer on one loopback origin whose answers a test can change, and a browser without a person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use kmg_client::{Session, SignIn};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

pub(crate) const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
pub(crate) const ISSUER: &str = "/.well-known/oauth-authorization-server";

/// One answer. `$ID` in its body is the id of the request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body: body.to_string() }
    }

    /// The answer to a call.
    pub(crate) fn result(result: &Value) -> Self {
        let body = json!({ "jsonrpc": "2.0", "id": "$ID", "result": result }).to_string();
        Self { body: body.replace("\"$ID\"", "$ID"), ..Self::json(200, &Value::Null) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// One request that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.body.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

#[derive(Default)]
struct State {
    replies: HashMap<String, Reply>,
    seen: Vec<(String, Seen)>,
}

/// The origin.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) origin: String,
    state: Arc<Mutex<State>>,
}

impl World {
    /// A resource and an issuer that do everything right.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world = Self { origin: format!("http://{}", listener.local_addr().unwrap()), state: Arc::default() };
        let origin = &world.origin;
        world.set("/mcp", Reply::result(&json!({ "resultType": "complete", "content": [] })));
        world.set("challenge", Reply::json(401, &json!({})).header("www-authenticate", world.challenge()));
        world.set(METADATA, Reply::json(200, &json!({ "resource": format!("{origin}/mcp"), "authorization_servers": [origin] })));
        world.set(ISSUER, Reply::json(200, &world.metadata()));
        world.set("/register", Reply::json(201, &json!({ "client_id": "c1" })));
        world.set(
            "/token",
            Reply::json(200, &json!({ "access_token": "a1", "token_type": "Bearer", "expires_in": 600, "refresh_token": "r1" })),
        );
        let serving = world.clone();
        let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            serving.answer(&method, &uri, &headers, &body)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        world
    }

    pub(crate) fn challenge(&self) -> String {
        format!("Bearer resource_metadata=\"{}{METADATA}\", scope=\"mcp:tools\"", self.origin)
    }

    /// The issuer's document.
    pub(crate) fn metadata(&self) -> Value {
        let origin = &self.origin;
        json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "scopes_supported": ["mcp:tools", "offline_access"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// From now on `path` answers so; `challenge` is `/mcp` without a token.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.state.lock().unwrap().replies.insert(path.to_owned(), reply);
    }

    /// What came to `path` so far.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let state = self.state.lock().unwrap();
        state.seen.iter().filter(|(seen, _)| seen == path).map(|(_, seen)| seen.clone()).collect()
    }

    pub(crate) fn mcp_url(&self) -> Url {
        Url::parse(&format!("{}/mcp", self.origin)).unwrap()
    }

    /// A session by a sign-in that went well.
    pub(crate) async fn session(&self) -> Session {
        let sign_in = SignIn::begin(&self.mcp_url(), "Test").await.unwrap();
        let back = back(&sign_in, &[("code", "k1"), ("iss", &self.origin)]);
        let (session, page) = tokio::join!(sign_in.finish(std::time::Duration::from_secs(20)), get(&back));
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        session.unwrap()
    }

    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        let mut state = self.state.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let without_token = uri.path() == "/mcp" && !headers.contains_key("authorization");
        let name = if without_token { "challenge" } else { uri.path() };
        let reply = state.replies.get(name).cloned().unwrap_or_else(|| Reply::json(404, &json!({ "method": method.as_str() })));
        let id = serde_json::from_str::<Value>(&body).map_or(Value::Null, |message| message["id"].clone());
        state.seen.push((name.to_owned(), Seen { headers: headers.clone(), body }));
        let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
        for (name, value) in &reply.headers {
            response = response.header(*name, value);
        }
        response.body(Body::from(reply.body.replace("$ID", &id.to_string()))).unwrap()
    }
}

/// A parameter of the URL that the person opens.
pub(crate) fn asked(sign_in: &SignIn, name: &str) -> Option<String> {
    sign_in.authorize_url().query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Where the browser is sent back to, with the right state and `answer`.
pub(crate) fn back(sign_in: &SignIn, answer: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(&asked(sign_in, "redirect_uri").unwrap()).unwrap();
    url.query_pairs_mut().append_pair("state", &asked(sign_in, "state").unwrap()).extend_pairs(answer);
    url
}

/// The whole answer to a GET, as a browser sends it.
pub(crate) async fn get(url: &Url) -> String {
    exchange(url, &format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", target(url), url.authority())).await
}

/// The whole answer to a posted form.
pub(crate) async fn post(url: &Url, form: &[(&str, &str)]) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let head = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", target(url), url.authority());
    let head = format!("{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n", body.len());
    exchange(url, &(head + &body)).await
}

fn target(url: &Url) -> &str {
    &url[url::Position::BeforePath..]
}

pub(crate) async fn exchange(url: &Url, request: &str) -> String {
    let mut stream = TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
