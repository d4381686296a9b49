//! The sandbox, started for one case and told of the same objects and accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use kmg_cluster::rbac::{FENCE_MESSAGE, Identity as Account, RbacOptions};
use kmg_core::clock::Clock;
use kmg_sandbox::{Faults, Fence, Images, Options, Pace, Sandbox, User};

use crate::ask::Who;
use crate::recorded;
use crate::setup::{self, ACCOUNTS, Needs};
use crate::target::{Target, client};
use crate::transcript::Transcript;

/// Its namespace: like the real ones, in no other text.
const NAMESPACE: &str = "contract-7";
/// Its controllers wait for nothing.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs `case` on a sandbox of its own: its transcript is the recorded one.
pub(crate) async fn check(name: &str, needs: Needs, case: impl AsyncFn(&mut Transcript)) {
    let (sandbox, target) = start(needs).await;
    let mut transcript = Transcript::new(target);
    case(&mut transcript).await;
    let (_, lines) = transcript.end();
    sandbox.stop().await;
    recorded::compare(name, &lines, "the sandbox");
}

/// A sandbox with a namespace and accounts.
pub(crate) async fn start(needs: Needs) -> (Sandbox, Target) {
    let rbac = RbacOptions::in_namespace(&format!("{NAMESPACE}-kmg")).unwrap();
    let mut users = vec![user("kubernetes-admin", &["system:masters"], Who::Admin)];
    for (who, account) in ACCOUNTS {
        let own = format!("system:serviceaccounts:{NAMESPACE}-kmg");
        users.push(user(&rbac.user_name(account), &["system:serviceaccounts", &own], who));
    }
    let fence = Fence {
        user: rbac.user_name(Account::Planner),
        policy: rbac.fence_name(),
        binding: rbac.fence_name(),
        message: FENCE_MESSAGE.to_owned(),
    };
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        users,
        seed: setup::objects(needs, NAMESPACE),
        fence: Some(fence),
        images: Images { missing: vec![":does-not-exist".to_owned()], pace: Pace::instant() },
        faults: Faults::default(),
        clock: Clock::system(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    // The forger has one too: nobody told the sandbox of it.
    let tokens = BTreeMap::from([Who::Admin, Who::Reader, Who::Planner, Who::Executor, Who::Forger].map(|who| (who, token(who))));
    let client = client(sandbox.authority_pem().as_bytes(), None);
    let target = Target {
        server: format!("https://{}", sandbox.address()),
        admin: client.clone(),
        plain: client,
        tokens,
        namespace: NAMESPACE.to_owned(),
        patience: PATIENCE,
    };
    (sandbox, target)
}

fn user(name: &str, groups: &[&str], who: Who) -> User {
    User { name: name.to_owned(), groups: groups.iter().map(|group| (*group).to_owned()).collect(), token: token(who).into() }
}

fn token(who: Who) -> String {
    format!("token-of-{}", who.name())
}
