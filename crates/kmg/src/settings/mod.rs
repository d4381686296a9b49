//! The gateway's settings: read once, checked as a whole, handed on as plain values.

mod table;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kmg_core::allow::AllowList;
use kmg_core::identity::{ApproverRule, Principal};
use kmg_core::names::Namespace;
use url::Url;

pub(crate) use table::reference;
use values::Values;

/// How the gateway reaches its executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExecutorLink {
    /// As a child over stdio.
    Child { kubeconfig: PathBuf, trust: PathBuf, keys: PathBuf, data: PathBuf },
    /// Over a Unix socket of another user.
    Socket { path: PathBuf, uid: u32 },
}

/// Settings that were checked as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) production: bool,
    pub(crate) data: PathBuf,
    pub(crate) namespaces: AllowList,
    pub(crate) mcp_listen: SocketAddr,
    pub(crate) mcp_url: Url,
    pub(crate) calls_per_second: u32,
    pub(crate) web_listen: SocketAddr,
    pub(crate) web_origin: String,
    pub(crate) session_idle: i64,
    pub(crate) session_absolute: i64,
    pub(crate) identity: Identity,
    pub(crate) plans: Plans,
    pub(crate) keys: PathBuf,
    pub(crate) reader_kubeconfig: PathBuf,
    pub(crate) planner_kubeconfig: PathBuf,
    /// Registries that images may come from besides the ones in use.
    pub(crate) registries: Vec<String>,
    pub(crate) unfenced: bool,
    pub(crate) executor: ExecutorLink,
}

/// The identity section.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) scope: String,
    pub(crate) plain_jwt: bool,
    pub(crate) sign_in_client: String,
    pub(crate) approve_client: String,
    pub(crate) approvers: Vec<Principal>,
    pub(crate) rule: ApproverRule,
}

/// The plans section, in milliseconds and counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plans {
    pub(crate) approve_within: i64,
    pub(crate) execute_within: i64,
    pub(crate) watch_rollout: i64,
    pub(crate) per_requester: u32,
    pub(crate) per_namespace: u32,
    pub(crate) deny_cool_down: i64,
}

/// What a settings file holds, and everything that is wrong with it.
pub(crate) struct Inspected {
    /// What it means, where every value can be read: for looking further. Only [`load`] gives settings to run by.
    pub(crate) settings: Option<Settings>,
    /// Why it is refused, each with its source.
    pub(crate) problems: Vec<String>,
    /// What production would refuse as well: only safe on one's own machine.
    pub(crate) only_here: Vec<String>,
}

/// Reads the settings file and resolves it.
///
/// # Errors
/// Every problem at once, one a line.
pub(crate) fn load(file: &Path, environment: &BTreeMap<String, String>) -> anyhow::Result<Settings> {
    let Inspected { settings, problems, .. } = inspect(file, environment)?;
    settings.filter(|_| problems.is_empty()).ok_or_else(|| anyhow::anyhow!("{}:\n  {}", file.display(), problems.join("\n  ")))
}

/// Reads the settings file as far as it goes.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn inspect(file: &Path, environment: &BTreeMap<String, String>) -> anyhow::Result<Inspected> {
    let text = std::fs::read_to_string(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    let (values, mut problems) = values::parse(&text, environment);
    let Some(values) = values else { return Ok(Inspected { settings: None, problems, only_here: Vec::new() }) };
    let (settings, found) = resolve(&values, values.text("gateway", "mode") == "production");
    let (_, in_production) = resolve(&values, true);
    let only_here = in_production.into_iter().filter(|problem| !found.contains(problem)).collect();
    problems.extend(found);
    Ok(Inspected { settings, problems, only_here })
}

/// What the values mean, by the rules of production or of development, and every rule they break.
fn resolve(values: &Values, production: bool) -> (Option<Settings>, Vec<String>) {
    let mut problems = Vec::new();
    let namespaces = namespaces(values, &mut problems);
    let mcp_listen = address(values, "mcp", &mut problems);
    let web_listen = address(values, "web", &mut problems);
    let mcp_url = web_address(&values.text("mcp", "url"), "mcp.url", &mut problems);
    let web_url = web_address(&values.text("web", "origin"), "web.origin", &mut problems);
    let issuer = web_address(&values.text("identity", "issuer"), "identity.issuer", &mut problems);
    let executor = executor(values, production, &mut problems);
    if production && values.text("server", "fence") != "required" {
        problems.push("server.fence: production wants the fence".to_owned());
    }
    if values.text("identity", "sign_in_client") == values.text("identity", "approve_client") {
        problems.push("identity.approve_client: must be another client than identity.sign_in_client, used for nothing else".to_owned());
    }
    if let (Some(mcp), Some(web), Some(issuer)) = (&mcp_url, &web_url, &issuer) {
        problems.extend(unsafe_urls(production, mcp, web, issuer));
    }
    let (Some(mcp_url), Some(web_url), Some(mcp_listen), Some(web_listen)) = (mcp_url, web_url, mcp_listen, web_listen) else {
        return (None, problems);
    };
    let settings = Settings {
        production,
        data: values.text("gateway", "data").into(),
        namespaces,
        mcp_listen,
        mcp_url,
        calls_per_second: u32::try_from(values.number("mcp", "calls_per_second")).unwrap_or(1),
        web_listen,
        web_origin: web_url.origin().ascii_serialization(),
        session_idle: 1000 * values.number("web", "session_idle_seconds"),
        session_absolute: 1000 * values.number("web", "session_seconds"),
        identity: identity(values),
        plans: plans(values),
        keys: values.text("keys", "folder").into(),
        reader_kubeconfig: values.text("server", "reader_kubeconfig").into(),
        planner_kubeconfig: values.text("server", "planner_kubeconfig").into(),
        registries: values.list("server", "registries"),
        unfenced: values.text("server", "fence") == "unenforced",
        executor,
    };
    (Some(settings), problems)
}

fn namespaces(values: &Values, problems: &mut Vec<String>) -> AllowList {
    let mut list = Vec::new();
    for text in values.list("gateway", "namespaces") {
        match text.parse::<Namespace>() {
            Ok(namespace) => list.push(namespace),
            Err(_) => problems.push(format!("gateway.namespaces: {text:?} is not a namespace's name")),
        }
    }
    AllowList::new(list)
}

fn address(values: &Values, section: &'static str, problems: &mut Vec<String>) -> Option<SocketAddr> {
    let text = values.text(section, "listen");
    text.parse().map_err(|_| problems.push(format!("{section}.listen: {text:?} is not an address with a port"))).ok()
}

fn web_address(text: &str, place: &str, problems: &mut Vec<String>) -> Option<Url> {
    let parsed =
        Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.host_str().is_some() && url.query().is_none());
    if parsed.is_none() {
        problems.push(format!("{place}: {text:?} is not an http or https URL"));
    }
    parsed
}

fn unsafe_urls(production: bool, mcp: &Url, web: &Url, issuer: &Url) -> Vec<String> {
    let loopback = |url: &Url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let mut problems = Vec::new();
    for (place, url) in [("mcp.url", mcp), ("web.origin", web), ("identity.issuer", issuer)] {
        if url.scheme() != "https" && (production || !loopback(url)) {
            problems
                .push(format!("{place}: must be https{}", if production { " in production" } else { " unless its host is this machine" }));
        }
        if production && loopback(url) {
            problems.push(format!("{place}: production does not run on a loopback name"));
        }
    }
    if production && mcp.host_str() == web.host_str() {
        problems
            .push("web.origin: production wants another host than mcp.url, so that no cookie of the pages reaches the endpoint".to_owned());
    }
    if mcp.path() != "/mcp" || mcp.fragment().is_some() || !mcp.username().is_empty() {
        problems.push("mcp.url: must end in /mcp, without user or fragment: that is where the endpoint listens".to_owned());
    }
    if mcp.origin() == web.origin() {
        problems.push("web.origin: must be another origin than mcp.url's".to_owned());
    }
    problems
}

fn executor(values: &Values, production: bool, problems: &mut Vec<String>) -> ExecutorLink {
    let link = values.text("executor", "link");
    if link != "stdio" {
        let uid = u32::try_from(values.number("executor", "uid")).unwrap_or(u32::MAX);
        if production && uid == rustix::process::geteuid().as_raw() {
            problems.push("executor.uid: production wants the executor to run as another user than the gateway".to_owned());
        }
        return ExecutorLink::Socket { path: link.into(), uid };
    }
    if production {
        problems.push("executor.link: stdio separates code, not users; production wants the path of a Unix socket".to_owned());
    }
    let mut path = |key: &'static str| {
        let text = values.text("executor", key);
        if text.is_empty() {
            problems.push(format!("executor.{key} is required with executor.link = \"stdio\""));
        }
        PathBuf::from(text)
    };
    ExecutorLink::Child { kubeconfig: path("kubeconfig"), trust: path("trust"), keys: path("keys"), data: path("data") }
}

fn identity(values: &Values) -> Identity {
    let issuer = values.text("identity", "issuer");
    let approvers = values.list("identity", "approvers").into_iter().map(|sub| Principal { iss: issuer.clone(), sub }).collect();
    let rule = if values.text("identity", "rule") == "other" { ApproverRule::Other } else { ApproverRule::Requester };
    Identity {
        scope: values.text("identity", "scope"),
        plain_jwt: values.text("identity", "plain_jwt") == "accept",
        sign_in_client: values.text("identity", "sign_in_client"),
        approve_client: values.text("identity", "approve_client"),
        approvers,
        rule,
        issuer,
    }
}

fn plans(values: &Values) -> Plans {
    let count = |key| u32::try_from(values.number("plans", key)).unwrap_or(1);
    Plans {
        approve_within: 1000 * values.number("plans", "approve_within_seconds"),
        execute_within: 1000 * values.number("plans", "execute_within_seconds"),
        watch_rollout: 1000 * values.number("plans", "watch_rollout_seconds"),
        per_requester: count("pending_per_requester"),
        per_namespace: count("pending_per_namespace"),
        deny_cool_down: 1000 * values.number("plans", "deny_cool_down_seconds"),
    }
}
