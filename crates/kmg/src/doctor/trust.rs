//! The executor's trust file against the gateway's settings: what the two disagree on is refused after a person
//! approved it.

use std::path::Path;

use ed25519_dalek::VerifyingKey;
use kmg_core::clock::Millis;
use kmg_core::decision::Evidence;
use kmg_executor::TrustSettings;

use super::finding::{Finding, word};
use crate::keys;
use crate::settings::{ExecutorLink, Settings};

const DAY: i64 = 86_400_000;
/// From so many days before its end on, a key should be renewed.
const RENEW_DAYS: i64 = 14;

/// Looks at the trust file; `cluster_id` is what the cluster itself answered.
pub(crate) fn check(settings: &Settings, cluster_id: Option<&str>, now: Millis) -> Vec<Finding> {
    const ID: &str = "trust.file";
    let ExecutorLink::Child { trust: path, .. } = &settings.executor else {
        return vec![Finding::not_checked(ID, "it is the executor's own, another user's; the probe of the link tells its cluster")];
    };
    match TrustSettings::load(path) {
        Ok(trusted) => {
            let read = Finding::ok(ID, format!("{}: SHA-256 {}", path.display(), trusted.file_sha256));
            let mut findings = vec![read];
            findings.extend(compare(&trusted, settings, path, now));
            findings.push(cluster(&trusted, cluster_id));
            findings
        }
        Err(error) => vec![Finding::problem(ID, error.to_string(), renew(settings, path))],
    }
}

/// The command that makes a trust file of these settings.
fn renew(settings: &Settings, path: &Path) -> String {
    format!(
        "as the executor's operator, make a new one: `kmg keys trust --approval-key {} … > {}`",
        word(settings.keys.join(keys::APPROVAL).with_extension("pub")),
        word(path)
    )
}

fn compare(trusted: &TrustSettings, settings: &Settings, path: &Path, now: Millis) -> Vec<Finding> {
    let renew = renew(settings, path);
    let mut findings = match keys::signing(&settings.keys, keys::APPROVAL) {
        Ok(key) => key_and_validity(trusted, &key.verifying_key(), now, &renew),
        Err(_) => vec![Finding::not_checked("trust.key", "the gateway's approval key cannot be read; see files.key")],
    };
    findings.push(issuer(trusted, settings, &renew));
    let lacking = settings.namespaces.namespaces().filter(|namespace| trusted.trust.namespaces.permit(namespace).is_err());
    findings.push(contains("trust.namespaces", "namespaces", &lacking.map(ToString::to_string).collect::<Vec<_>>(), &renew));
    let lacking = settings.identity.approvers.iter().filter(|approver| !trusted.trust.approvers.contains(approver));
    findings.push(contains("trust.approvers", "approvers", &lacking.map(|approver| approver.sub.clone()).collect::<Vec<_>>(), &renew));
    findings.push(if trusted.trust.rule == settings.identity.rule {
        Finding::ok("trust.rule", "as identity.rule")
    } else {
        Finding::problem("trust.rule", "is another rule than identity.rule: what one lets through the other refuses", &renew)
    });
    findings.push(match trusted.trust.evidence {
        Evidence::FreshSignIn => Finding::ok("trust.evidence", "a fresh sign-in"),
        Evidence::GatewaySignature => {
            Finding::warning("trust.evidence", "the gateway's signature alone, which protects nothing from a taken-over gateway", renew)
        }
    });
    findings
}

fn key_and_validity(trusted: &TrustSettings, ours: &VerifyingKey, now: Millis, renew: &str) -> Vec<Finding> {
    const KEY: &str = "trust.key";
    const VALIDITY: &str = "trust.validity";
    let Some(key) = trusted.trust.gateway_keys.iter().find(|trusted| trusted.key == *ours) else {
        let seen = "none of its gateway keys is this gateway's approval key: every approval would be refused";
        return vec![Finding::problem(KEY, seen, renew), Finding::not_checked(VALIDITY, "the key is not in the file")];
    };
    let days = key.not_after.since(now).div_euclid(DAY);
    let validity = if now < key.not_before {
        Finding::problem(VALIDITY, format!("the key is trusted from {} on only", key.not_before.rfc3339()), renew)
    } else if now >= key.not_after {
        Finding::problem(VALIDITY, format!("the key was trusted until {}", key.not_after.rfc3339()), renew)
    } else if days < RENEW_DAYS {
        Finding::warning(VALIDITY, format!("the key is trusted for {days} more days"), renew)
    } else {
        Finding::ok(VALIDITY, format!("the key is trusted for {days} more days"))
    };
    vec![Finding::ok(KEY, "names this gateway's approval key"), validity]
}

fn issuer(trusted: &TrustSettings, settings: &Settings, renew: &str) -> Finding {
    const ID: &str = "trust.issuer";
    let identity = &settings.identity;
    match &trusted.issuer {
        None => Finding::not_checked(ID, "it names no issuer: it goes by the gateway's signature"),
        Some(issuer) if issuer.url != identity.issuer => {
            Finding::problem(ID, format!("it trusts {}, the settings name {}", issuer.url, identity.issuer), renew)
        }
        Some(issuer) if issuer.approve_client_id != identity.approve_client => Finding::problem(
            ID,
            format!("it takes approvals of the client {}, the settings name {}", issuer.approve_client_id, identity.approve_client),
            renew,
        ),
        Some(issuer) => Finding::ok(ID, format!("{}, client {}", issuer.url, issuer.approve_client_id)),
    }
}

fn contains(id: &'static str, what: &str, lacking: &[String], renew: &str) -> Finding {
    if lacking.is_empty() {
        return Finding::ok(id, format!("every one of the gateway's {what}"));
    }
    Finding::problem(id, format!("it lacks {what} of the settings, for which every approval is refused: {}", lacking.join(", ")), renew)
}

fn cluster(trusted: &TrustSettings, cluster_id: Option<&str>) -> Finding {
    const ID: &str = "trust.cluster";
    match cluster_id {
        None => Finding::not_checked(ID, "the cluster did not tell its id; see cluster.reach"),
        Some(id) if id == trusted.trust.cluster_id => Finding::ok(ID, id),
        Some(id) => Finding::problem(
            ID,
            format!("it is for the cluster {}, and the credentials lead to {id}", trusted.trust.cluster_id),
            "use the credentials of the right cluster, or make a trust file with `kmg keys trust --cluster-id`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::super::specimen::{CLUSTER, Specimen, one, unwell};
    use super::*;

    type Alter = fn(&mut crate::cli::TrustArgs);

    fn now() -> Millis {
        kmg_core::clock::Clock::system().now()
    }

    fn found(specimen: &Specimen, environment: &[(&str, &str)]) -> Vec<Finding> {
        check(&specimen.settings(environment), Some(CLUSTER), now())
    }

    #[test]
    fn a_trust_file_of_these_settings_is_well() {
        let specimen = Specimen::new();
        let findings = found(&specimen, &[]);
        assert!(findings.iter().all(|finding| finding.status == Status::Ok), "{findings:?}");
        assert_eq!(one(&findings, "trust.validity").seen, "the key is trusted for 29 more days");
    }

    #[test]
    fn each_disagreement_is_named() {
        let specimen = Specimen::new();
        let other_key = specimen.path("executor/keys/approval.pub").to_string_lossy().into_owned();
        let alterations: [(&str, Alter); 5] = [
            ("trust.issuer", |args| args.issuer = "https://id.example".to_owned()),
            ("trust.issuer", |args| args.approve_client = "kmg-web".to_owned()),
            ("trust.namespaces", |args| args.namespaces = vec!["more".to_owned()]),
            ("trust.approvers", |args| args.approvers = vec!["someone".to_owned()]),
            ("trust.rule", |args| args.four_eyes = true),
        ];
        for (id, alter) in alterations {
            specimen.trust(alter);
            let findings = found(&specimen, &[]);
            assert_eq!(one(&findings, id).status, Status::Problem);
            // Another issuer has other approvers.
            assert!(unwell(&findings).iter().all(|unwell| *unwell == id || *unwell == "trust.approvers"), "{findings:?}");
        }
        specimen.trust(|args| args.approval_key = other_key);
        assert_eq!(unwell(&found(&specimen, &[])), ["trust.key"]);
        specimen.trust(|_| ());
        assert_eq!(unwell(&found(&specimen, &[("KMG_GATEWAY_NAMESPACES", "demo,third")])), ["trust.namespaces"]);
        let elsewhere = check(&specimen.settings(&[]), Some("other"), now());
        assert_eq!(unwell(&elsewhere), ["trust.cluster"]);
        assert_eq!(one(&check(&specimen.settings(&[]), None, now()), "trust.cluster").status, Status::NotChecked);
        std::fs::write(specimen.path("trust.json"), "{}").unwrap();
        assert_eq!(unwell(&found(&specimen, &[])), ["trust.file"]);
    }

    #[test]
    fn the_end_of_a_key_is_told_in_time() {
        let specimen = Specimen::new();
        let settings = specimen.settings(&[]);
        let status = |days: i64| one(&check(&settings, Some(CLUSTER), now().plus(days * DAY)), "trust.validity").status;
        assert_eq!(
            [status(-1), status(0), status(15), status(17), status(31)],
            [Status::Problem, Status::Ok, Status::Ok, Status::Warning, Status::Problem]
        );
    }

    #[test]
    fn another_users_trust_file_is_not_ours_to_read() {
        let specimen = Specimen::new();
        let findings = found(&specimen, &[("KMG_EXECUTOR_LINK", "/run/kmg/executor.sock"), ("KMG_EXECUTOR_UID", "4242")]);
        assert_eq!(findings.iter().map(|finding| finding.status).collect::<Vec<_>>(), [Status::NotChecked]);
    }
}
