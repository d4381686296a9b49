//! `kmg sandbox`.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context as _;
use kmg_cluster::rbac::{FENCE_MESSAGE, Identity, RbacOptions, manifests};
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use kmg_sandbox::{Faults, Fence, Images, Options, Pace, Sandbox, User};
use serde_json::{Value, json};

use super::lifetime;
use crate::cli::SandboxArgs;
use crate::demo::cluster::{SYSTEM_NAMESPACE, deployment};
use crate::files;

/// Who may do everything.
const ADMIN: &str = "admin";

/// Runs the sandbox until it is told to end. Its credentials are new at each start and end with it.
pub(crate) async fn run(args: SandboxArgs) -> anyhow::Result<()> {
    let rbac = RbacOptions::in_namespace(SYSTEM_NAMESPACE)?;
    let namespace: Namespace = args.namespace.parse().context("--namespace")?;
    files::private_folder(&args.out)?;
    let faults = Faults::default();
    faults.set_latency(Duration::from_millis(args.latency.into()));
    let sandbox = Sandbox::start(Options {
        listen: (Ipv4Addr::LOCALHOST, args.port).into(),
        users: users(&rbac)?,
        seed: seed(&namespace, &rbac, &args.image),
        fence: Some(Fence {
            user: rbac.user_name(Identity::Planner),
            policy: rbac.fence_name(),
            binding: rbac.fence_name(),
            message: FENCE_MESSAGE.to_owned(),
        }),
        images: Images { missing: vec![":does-not-exist".to_owned()], pace: if args.instant { Pace::instant() } else { Pace::demo() } },
        faults,
        clock: Clock::system(),
    })
    .await?;
    for (name, user) in names(&rbac) {
        let kubeconfig = sandbox.kubeconfig(&user).with_context(|| format!("no user {user}"))?;
        files::write_private(&args.out.join(format!("{name}.kubeconfig")), kubeconfig.as_bytes())?;
    }
    tracing::info!("a sandbox, no cluster, at https://{}", sandbox.address());
    let end = lifetime::end(args.lifetime)?;
    files::say("ready");
    end.await;
    sandbox.stop().await;
    Ok(())
}

/// The credentials' file names and whom each is for.
fn names(rbac: &RbacOptions) -> [(&'static str, String); 4] {
    let user = |identity| rbac.user_name(identity);
    [
        (ADMIN, ADMIN.to_owned()),
        ("reader", user(Identity::Reader)),
        ("planner", user(Identity::Planner)),
        ("executor", user(Identity::Executor)),
    ]
}

fn users(rbac: &RbacOptions) -> anyhow::Result<Vec<User>> {
    let user = |name: String| -> anyhow::Result<User> {
        let groups = if name == ADMIN { vec!["system:masters".to_owned()] } else { Vec::new() };
        Ok(User { name, groups, token: token()?.into() })
    };
    names(rbac).into_iter().map(|(_, name)| user(name)).collect()
}

/// 32 random bytes in hexadecimal.
fn token() -> anyhow::Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(kmg_core::digest::hex(&random))
}

/// What a cluster would hold after `kmg rbac apply`, and the Deployment to repair.
fn seed(namespace: &Namespace, rbac: &RbacOptions, image: &str) -> Vec<Value> {
    let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    let mut seed = vec![home];
    seed.extend(manifests(std::slice::from_ref(namespace), rbac));
    seed.push(deployment(namespace, image));
    seed
}
