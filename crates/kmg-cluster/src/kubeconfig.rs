//! Which credentials are used: a kubeconfig that can neither run a program nor weaken TLS nor change the name.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{AuthInfo, Cluster as ClusterEntry, KubeConfigOptions, Kubeconfig};

/// The largest kubeconfig that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A kubeconfig and one of its contexts.
#[derive(Clone, Debug)]
pub struct KubeconfigSource {
    /// The file.
    pub path: PathBuf,
    /// The context; its current one when absent.
    pub context: Option<String>,
}

/// Fields of a kubeconfig that are refused unless allowed by name.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one named field of a kubeconfig")]
pub struct Permitted {
    /// `users[].user.exec`: runs a program of the file's choice.
    pub exec: bool,
    /// `clusters[].cluster.insecure-skip-tls-verify`: anyone may answer as the API server.
    pub insecure_skip_tls_verify: bool,
    /// `clusters[].cluster.proxy-url`: another host sees the traffic.
    pub proxy_url: bool,
    /// `users[].user.as…`: the cluster sees another name than the fence matches.
    pub impersonation: bool,
}

/// Why a kubeconfig is not used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// The file cannot be opened, is larger than 1 MiB, or is no kubeconfig.
    #[error("the kubeconfig {0:?} cannot be read")]
    Unreadable(PathBuf),
    /// The context, its cluster or its user is not in the file.
    #[error("the kubeconfig has no usable context {0:?}")]
    NoContext(Option<String>),
    /// A field that needs to be allowed by name.
    #[error("the kubeconfig's field {0} is refused")]
    Refused(&'static str),
    /// An API server without TLS that is not on loopback.
    #[error("the kubeconfig's server does not use https")]
    PlainHttp,
    /// kube cannot build a client from it.
    #[error("the kubeconfig's certificates or keys cannot be used")]
    Unusable,
}

/// Reads and checks a file.
pub(crate) async fn load(source: &KubeconfigSource, permitted: Permitted) -> Result<Config, KubeconfigError> {
    let unreadable = || KubeconfigError::Unreadable(source.path.clone());
    let meta = std::fs::metadata(&source.path).map_err(|_| unreadable())?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return Err(unreadable());
    }
    let file = Kubeconfig::read_from(Path::new(&source.path)).map_err(|_| unreadable())?;
    check(file, source.context.clone(), permitted).await
}

/// Checks a kubeconfig given as text; its paths must be absolute.
pub(crate) async fn parse(text: &str, permitted: Permitted) -> Result<Config, KubeconfigError> {
    let unreadable = || KubeconfigError::Unreadable(PathBuf::new());
    if u64::try_from(text.len()).map_or(true, |bytes| bytes > MAX_BYTES) {
        return Err(unreadable());
    }
    let file = Kubeconfig::from_yaml(text).map_err(|_| unreadable())?;
    check(file, None, permitted).await
}

async fn check(file: Kubeconfig, context: Option<String>, permitted: Permitted) -> Result<Config, KubeconfigError> {
    let missing = || KubeconfigError::NoContext(context.clone());
    let name = context.clone().or_else(|| file.current_context.clone()).ok_or_else(missing)?;
    let chosen = file.contexts.iter().find(|entry| entry.name == name).and_then(|entry| entry.context.clone()).ok_or_else(missing)?;
    let cluster =
        file.clusters.iter().find(|entry| entry.name == chosen.cluster).and_then(|entry| entry.cluster.clone()).ok_or_else(missing)?;
    let user_name = chosen.user.clone().ok_or_else(missing)?;
    let user =
        file.auth_infos.iter().find(|entry| entry.name == user_name).and_then(|entry| entry.auth_info.clone()).ok_or_else(missing)?;
    refuse_cluster(&cluster, permitted)?;
    refuse_user(&user, permitted)?;
    let options = KubeConfigOptions { context: Some(name), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(file, &options).await.map_err(|_| KubeconfigError::Unusable)?;
    // kube also takes HTTPS_PROXY from the environment; the file alone decides here.
    if cluster.proxy_url.is_none() {
        config.proxy_url = None;
    }
    if config.cluster_url.scheme_str() != Some("https") && !is_loopback(config.cluster_url.host().unwrap_or_default()) {
        return Err(KubeconfigError::PlainHttp);
    }
    Ok(config)
}

fn refuse_cluster(cluster: &ClusterEntry, permitted: Permitted) -> Result<(), KubeconfigError> {
    if cluster.insecure_skip_tls_verify == Some(true) && !permitted.insecure_skip_tls_verify {
        return Err(KubeconfigError::Refused("clusters[].cluster.insecure-skip-tls-verify"));
    }
    if cluster.proxy_url.is_some() && !permitted.proxy_url {
        return Err(KubeconfigError::Refused("clusters[].cluster.proxy-url"));
    }
    Ok(())
}

fn refuse_user(user: &AuthInfo, permitted: Permitted) -> Result<(), KubeconfigError> {
    if user.exec.is_some() && !permitted.exec {
        return Err(KubeconfigError::Refused("users[].user.exec"));
    }
    // kube would run the provider's command line; no option allows it.
    if user.auth_provider.is_some() {
        return Err(KubeconfigError::Refused("users[].user.auth-provider"));
    }
    let impersonates = user.impersonate.is_some()
        || user.impersonate_uid.is_some()
        || user.impersonate_groups.is_some()
        || user.impersonate_user_extra.is_some();
    if impersonates && !permitted.impersonation {
        return Err(KubeconfigError::Refused("users[].user.as"));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cluster: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
        )
    }

    const SERVER: &str = "server: 'https://api.example:6443'";

    async fn refused(cluster: &str, user: &str) -> String {
        parse(&text(cluster, user), Permitted::default()).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn fields_that_weaken_the_credential_are_refused_by_name() {
        let token = "token: t";
        for (cluster, user, field) in [
            (
                SERVER.to_owned(),
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never}",
                "users[].user.exec",
            ),
            (SERVER.to_owned(), "auth-provider: {name: gcp}", "users[].user.auth-provider"),
            (SERVER.to_owned(), "token: t, as: admin", "users[].user.as"),
            (SERVER.to_owned(), "token: t, as-groups: ['system:masters']", "users[].user.as"),
            (format!("{SERVER}, insecure-skip-tls-verify: true"), token, "clusters[].cluster.insecure-skip-tls-verify"),
            (format!("{SERVER}, proxy-url: 'http://p.example'"), token, "clusters[].cluster.proxy-url"),
        ] {
            assert!(refused(&cluster, user).await.contains(field), "{field}");
        }
        assert!(refused("server: 'http://api.example'", token).await.contains("https"));
        assert!(parse(&text("server: 'http://127.0.0.1:1'", token), Permitted::default()).await.is_ok());
        assert!(parse(&text(SERVER, token), Permitted::default()).await.is_ok());
        let allowed = Permitted { impersonation: true, ..Permitted::default() };
        assert!(parse(&text(SERVER, "token: t, as: admin"), allowed).await.is_ok());
    }

    #[tokio::test]
    async fn a_context_without_its_user_is_refused() {
        let named = text(SERVER, "token: t").replace("user: u}", "user: other}");
        assert!(matches!(parse(&named, Permitted::default()).await, Err(KubeconfigError::NoContext(_))));
        assert!(matches!(parse("{}", Permitted::default()).await, Err(KubeconfigError::NoContext(None))));
    }
}
