//! `kmg keys trust`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::clock::Clock;
use kmg_core::decision::Evidence;
use kmg_core::digest::key_id;
use kmg_core::identity::{ApproverRule, Principal};
use kmg_executor::trust::{GatewayKey, Issuer, PURPOSE_APPROVAL, TrustFile};

use crate::cli::TrustArgs;
use crate::{files, keys};

const DAY: i64 = 86_400_000;
/// Clocks of two machines differ a little.
const LEEWAY: i64 = 60_000;

/// Prints a trust file.
pub(crate) fn print(args: &TrustArgs) -> anyhow::Result<()> {
    files::print(&serde_json::to_string_pretty(&trust_file(args, &Clock::system())?)?)
}

/// The trust file for `args`, from now on.
///
/// # Errors
/// The key cannot be read.
pub(crate) fn trust_file(args: &TrustArgs, clock: &Clock) -> anyhow::Result<TrustFile> {
    let key = keys::public(&args.approval_key)?;
    let now = clock.now();
    Ok(TrustFile {
        cluster_id: args.cluster_id.clone(),
        namespaces: args.namespaces.clone(),
        kinds: kmg_core::plan::Kind::ALL.map(|kind| kind.to_string()).to_vec(),
        registries: args.registries.clone(),
        gateway_keys: vec![GatewayKey {
            key_id: key_id(&key),
            public_key: STANDARD.encode(key.as_bytes()),
            purpose: PURPOSE_APPROVAL.to_owned(),
            not_before: now.plus(-LEEWAY).rfc3339(),
            not_after: now.plus(i64::from(args.days) * DAY).rfc3339(),
        }],
        evidence: Evidence::FreshSignIn,
        issuer: Some(Issuer { url: args.issuer.clone(), approve_client_id: args.approve_client.clone() }),
        approvers: args.approvers.iter().map(|sub| Principal { iss: args.issuer.clone(), sub: sub.clone() }).collect(),
        rule: if args.four_eyes { ApproverRule::Other } else { ApproverRule::Requester },
    })
}
