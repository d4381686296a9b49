//! Who answers where the gateway listens: nobody, our gateway, or somebody else.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use super::finding::Finding;
use crate::commands::gateway::hosts;
use crate::settings::Settings;

/// How long whoever listens may take to answer.
const ANSWER: Duration = Duration::from_secs(3);
/// The largest answer that is read.
const BYTES: usize = 64 << 10;

/// Whether a gateway of these settings runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gateway {
    Runs,
    DoesNotRun,
}

/// What was found at an address.
enum Port {
    Free,
    Ours,
    Theirs,
    Unusable(std::io::Error),
}

/// Looks at both addresses.
pub(crate) async fn check(settings: &Settings) -> (Vec<Finding>, Gateway) {
    let mcp = port(settings.mcp_listen, is_our_endpoint(settings)).await;
    let web = port(settings.web_listen, are_our_pages(settings)).await;
    let gateway = if matches!(mcp, Port::Ours) { Gateway::Runs } else { Gateway::DoesNotRun };
    let half = matches!((&mcp, &web), (Port::Ours, Port::Free) | (Port::Free, Port::Ours));
    let mut findings = vec![
        finding("listen.mcp", settings.mcp_listen, &mcp, &format!("a gateway answers for {}", settings.mcp_url)),
        finding("listen.web", settings.web_listen, &web, &format!("a gateway answers for {}", settings.web_origin)),
    ];
    if half {
        let seen = "a gateway answers on one of the two addresses only";
        findings.push(Finding::problem(
            "listen.mcp",
            seen,
            "it runs with other settings than these, or is starting: look again, or restart it",
        ));
    }
    (findings, gateway)
}

fn finding(id: &'static str, address: SocketAddr, port: &Port, ours: &str) -> Finding {
    let found = match port {
        Port::Free => Finding::ok(id, "free; no gateway runs here"),
        Port::Ours => Finding::ok(id, ours),
        Port::Theirs => Finding::problem(
            id,
            "in use, and not by a gateway with these settings",
            format!("`ss -ltnp 'sport = :{}'` names the process; stop it, or change the setting", address.port()),
        ),
        Port::Unusable(error) => {
            Finding::problem(id, error.to_string(), "name an address of this machine and a port this user may listen on")
        }
    };
    found.about(address.to_string())
}

async fn port(address: SocketAddr, is_ours: impl Future<Output = bool>) -> Port {
    // Given back at once: a gateway that starts at this very moment would have to be started again.
    match TcpListener::bind(address) {
        Ok(_given_back) => Port::Free,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if is_ours.await {
                Port::Ours
            } else {
                Port::Theirs
            }
        }
        Err(error) => Port::Unusable(error),
    }
}

/// The endpoint says for which resource it answers, and whose tokens it takes (RFC 9728).
async fn is_our_endpoint(settings: &Settings) -> bool {
    let path = "/.well-known/oauth-protected-resource/mcp";
    let Some((_, body)) = get(settings.mcp_listen, &settings.mcp_url, path).await else { return false };
    let Ok(metadata) = serde_json::from_slice::<Value>(&body) else { return false };
    metadata["resource"] == settings.mcp_url.as_str() && metadata["authorization_servers"] == serde_json::json!([settings.identity.issuer])
}

/// The pages say who they are by their policy.
async fn are_our_pages(settings: &Settings) -> bool {
    let Ok(origin) = Url::parse(&settings.web_origin) else { return false };
    let Some((headers, _)) = get(settings.web_listen, &origin, "/healthz").await else { return false };
    headers.get(CONTENT_SECURITY_POLICY).is_some_and(|policy| policy == kmg_web::CSP)
}

/// Gets `path` of whoever listens at `address`, as if asked by the public name of `url`.
async fn get(address: SocketAddr, url: &Url, path: &str) -> Option<(HeaderMap, Vec<u8>)> {
    let request = Request::get(path).header(HOST, hosts(url).first()?).body(Body::empty()).ok()?;
    let exchange = async {
        let stream = TcpStream::connect(reachable(address)).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let asking = async {
            let answer = sender.send_request(request).await.ok()?;
            if answer.status() != StatusCode::OK {
                return None;
            }
            let (parts, body) = answer.into_parts();
            Some((parts.headers, axum::body::to_bytes(Body::new(body), BYTES).await.ok()?.to_vec()))
        };
        tokio::pin!(asking);
        tokio::select! {
            biased;
            answered = &mut asking => answered,
            // The peer closed; what it had sent is there already.
            _ = connection => asking.await,
        }
    };
    tokio::time::timeout(ANSWER, exchange).await.ok().flatten()
}

/// Listening everywhere includes listening on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::super::specimen::{Specimen, one, unwell};
    use super::*;

    /// Serves `router` on a port of its own.
    async fn serve(router: Router) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn free() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    async fn found(mcp: SocketAddr, web: SocketAddr) -> (Vec<Finding>, Gateway) {
        let settings = Specimen::new().settings(&[
            ("KMG_MCP_LISTEN", &mcp.to_string()),
            ("KMG_WEB_LISTEN", &web.to_string()),
            ("KMG_MCP_URL", "http://127.0.0.1:7001/mcp"),
            ("KMG_WEB_ORIGIN", "http://127.0.0.1:7002"),
        ]);
        check(&settings).await
    }

    /// Answers as a gateway of `found`'s settings would, to whoever names the host of its URL.
    fn endpoint(issuer: &'static str) -> Router {
        let metadata = move |headers: HeaderMap| async move {
            assert_eq!(headers[HOST], "127.0.0.1:7001");
            serde_json::json!({ "resource": "http://127.0.0.1:7001/mcp", "authorization_servers": [issuer] }).to_string()
        };
        Router::new().route("/.well-known/oauth-protected-resource/mcp", get(metadata))
    }

    #[tokio::test]
    async fn a_gateway_is_known_by_what_it_says() {
        let ours = serve(endpoint("http://127.0.0.1:3003")).await;
        let pages = Router::new().route("/healthz", get(|| async { ([(CONTENT_SECURITY_POLICY, kmg_web::CSP)], "ok") }));
        let (findings, gateway) = found(ours, serve(pages).await).await;
        assert_eq!((unwell(&findings), gateway), (Vec::new(), Gateway::Runs));
        let (findings, gateway) = found(ours, free()).await;
        assert_eq!((unwell(&findings), gateway), (vec!["listen.mcp"], Gateway::Runs), "half of it");
    }

    #[tokio::test]
    async fn whoever_else_listens_is_not_our_gateway() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let another_issuers = serve(endpoint("https://id.example")).await;
        let (findings, gateway) = found(another_issuers, silent.local_addr().unwrap()).await;
        assert_eq!((unwell(&findings), gateway), (vec!["listen.mcp", "listen.web"], Gateway::DoesNotRun));
        assert!(one(&findings, "listen.mcp").seen.contains("not by a gateway with these settings"));
        let (findings, gateway) = found(free(), "192.0.2.1:7002".parse().unwrap()).await;
        assert_eq!((unwell(&findings), gateway), (vec!["listen.web"], Gateway::DoesNotRun));
    }

    #[test]
    fn an_address_that_means_all_is_asked_on_loopback() {
        assert_eq!(reachable("0.0.0.0:1".parse().unwrap()).to_string(), "127.0.0.1:1");
        assert_eq!(reachable("[::]:1".parse().unwrap()).to_string(), "[::1]:1");
        assert_eq!(reachable("10.0.0.1:1".parse().unwrap()).to_string(), "10.0.0.1:1");
    }
}
