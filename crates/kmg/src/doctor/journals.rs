//! Both journals, each with the other as its witness.

use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use kmg_audit::{Report, VerifyError, VerifyOptions, is_being_written};

use super::finding::{Finding, word};
use crate::commands::audit::{read, sentence};
use crate::keys;
use crate::settings::{ExecutorLink, Settings};

/// A journal and the folder of the key that signs its checkpoints.
struct Journal {
    id: &'static str,
    path: PathBuf,
    keys: PathBuf,
}

/// Verifies the journals that can be read here.
pub(crate) async fn check(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let journal = |id, data: &Path, keys: &Path| Journal { id, path: data.join("journal.jsonl"), keys: keys.to_owned() };
    let gateway = journal("journal.gateway", &settings.data, &settings.keys);
    let ExecutorLink::Child { keys, data, .. } = &settings.executor else {
        let other = Finding::not_checked("journal.executor", "it is another user's; copy it and use `kmg audit verify … --witness`");
        return Ok(vec![alone(&gateway).await?, other]);
    };
    let executor = journal("journal.executor", data, keys);
    if !(gateway.path.is_file() && executor.path.is_file()) {
        return Ok(vec![beside(alone(&gateway).await?, &gateway, &executor), beside(alone(&executor).await?, &executor, &gateway)]);
    }
    let trusted = match trusted(&[&gateway, &executor]) {
        Ok(trusted) => trusted,
        Err(error) => return Ok([gateway.id, executor.id].map(|id| Finding::not_checked(id, format!("{error:#}"))).into()),
    };
    let options = VerifyOptions { trusted, other: Some(executor.path.clone()), ..VerifyOptions::default() };
    Ok(match read(&gateway.path, options).await? {
        Ok(report) => {
            let other = report.other.clone().map(|other| intact(&executor, &other));
            [Some(intact(&gateway, &report)), other].into_iter().flatten().collect()
        }
        // The journal that is whole by itself is not to blame for the other one.
        Err(error) if error.journal == executor.path => vec![alone(&gateway).await?, damaged(&executor, &error, &gateway)],
        Err(error) => vec![damaged(&gateway, &error, &executor), alone(&executor).await?],
    })
}

fn trusted(journals: &[&Journal]) -> anyhow::Result<Vec<VerifyingKey>> {
    journals.iter().map(|journal| keys::public(&journal.keys.join(keys::CHECKPOINT).with_extension("pub").to_string_lossy())).collect()
}

/// A journal without its witness.
async fn alone(journal: &Journal) -> anyhow::Result<Finding> {
    if !journal.path.is_file() {
        return Ok(Finding::ok(journal.id, format!("{} does not exist yet; the first start makes it", journal.path.display())));
    }
    let trusted = match trusted(&[journal]) {
        Ok(trusted) => trusted,
        Err(error) => return Ok(Finding::not_checked(journal.id, format!("{error:#}"))),
    };
    Ok(match read(&journal.path, VerifyOptions { trusted, ..VerifyOptions::default() }).await? {
        Ok(report) => intact(journal, &report),
        Err(error) => damaged(journal, &error, journal),
    })
}

/// Both journals begin with the first start: one without the other has lost it.
fn beside(finding: Finding, journal: &Journal, other: &Journal) -> Finding {
    if journal.path.exists() || !other.path.exists() {
        return finding;
    }
    let seen = format!("{} does not exist, and the other journal does", journal.path.display());
    Finding::warning(journal.id, seen, "if both were there before, restore it from a backup: without it what it held is not proved")
}

fn intact(journal: &Journal, report: &Report) -> Finding {
    let seen = sentence(&journal.path, report);
    match is_being_written(&journal.path) {
        Ok(true) => Finding::ok(journal.id, format!("{seen}; a process is writing it, so its end may grow meanwhile")),
        _ if !report.open_intents.is_empty() => {
            Finding::warning(journal.id, seen, "start the gateway: it establishes by reading what became of them, and writes it down")
        }
        _ if report.torn_bytes > 0 => {
            let seen = format!("{seen}; {} bytes of an unfinished line, as a crash leaves them", report.torn_bytes);
            Finding::warning(journal.id, seen, "the next start cuts them off and says so in the journal")
        }
        _ => Finding::ok(journal.id, seen),
    }
}

fn damaged(journal: &Journal, error: &VerifyError, other: &Journal) -> Finding {
    let verify = format!(
        "keep a copy as evidence and find out who could write it; `kmg audit verify {} --witness {} --key …` repeats this, with former \
         keys too; a gateway does not start on it: restore a backup, or move it away together with its database",
        word(&journal.path),
        word(&other.path)
    );
    Finding::problem(journal.id, error.to_string(), verify)
}

#[cfg(test)]
mod tests {
    use kmg_audit::{JournalOptions, Purpose};
    use kmg_core::clock::Clock;
    use serde_json::json;

    use super::super::finding::Status;
    use super::super::specimen::{Specimen, one, unwell};
    use super::*;

    async fn found(specimen: &Specimen) -> Vec<Finding> {
        check(&specimen.settings(&[])).await.unwrap()
    }

    fn open(specimen: &Specimen, name: &str, purpose: Purpose) -> kmg_audit::Journal {
        let mut options = JournalOptions::new(purpose, Clock::system());
        options.checkpoint_key = Some(keys::signing(&specimen.path(&format!("{name}/keys")), keys::CHECKPOINT).unwrap());
        kmg_audit::Journal::open(&specimen.path(&format!("{name}/journal.jsonl")), options).unwrap().0
    }

    async fn write_both(specimen: &Specimen) {
        for (name, purpose) in [("gateway", Purpose::Gateway), ("executor", Purpose::Executor)] {
            let journal = open(specimen, name, purpose);
            journal.append("test.record", json!({ "n": 1 })).await.unwrap();
            journal.close().await.unwrap();
        }
    }

    #[tokio::test]
    async fn journals_may_not_be_there_yet_and_one_without_the_other_is_told() {
        let specimen = Specimen::new();
        let findings = found(&specimen).await;
        assert!(findings.iter().all(|finding| finding.seen.contains("does not exist yet")), "{findings:?}");
        write_both(&specimen).await;
        assert!(found(&specimen).await.iter().all(|finding| finding.status == Status::Ok));
        std::fs::remove_file(specimen.path("executor/journal.jsonl")).unwrap();
        assert_eq!(unwell(&found(&specimen).await), ["journal.executor"]);
    }

    #[tokio::test]
    async fn the_damaged_one_is_named_and_the_other_is_not() {
        let specimen = Specimen::new();
        write_both(&specimen).await;
        for (name, id) in [("gateway", "journal.gateway"), ("executor", "journal.executor")] {
            let path = specimen.path(&format!("{name}/journal.jsonl"));
            let whole = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, whole.replace("\"n\":1", "\"n\":2")).unwrap();
            let findings = found(&specimen).await;
            assert_eq!((unwell(&findings), findings.len()), (vec![id], 2), "{findings:?}");
            assert!(one(&findings, id).seen.contains("the hash does not match the content"));
            std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
            assert_eq!(one(&found(&specimen).await, id).status, Status::Problem, "a close without its checkpoint");
            std::fs::write(&path, whole + "{\"torn").unwrap();
            assert_eq!(one(&found(&specimen).await, id).status, Status::Warning);
            std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace("{\"torn", "")).unwrap();
        }
        // The key in the folder is another one than the checkpoints'.
        for ending in ["key", "pub"] {
            std::fs::copy(
                specimen.path(&format!("gateway/keys/approval.{ending}")),
                specimen.path(&format!("gateway/keys/checkpoint.{ending}")),
            )
            .unwrap();
        }
        let findings = found(&specimen).await;
        assert!(one(&findings, "journal.gateway").seen.contains("key that is not trusted"), "{findings:?}");
    }

    #[tokio::test]
    async fn a_journal_that_is_being_written_may_grow_and_may_have_open_intents() {
        let specimen = Specimen::new();
        write_both(&specimen).await;
        let journal = open(&specimen, "executor", Purpose::Executor);
        let intent = json!({ "planId": "p", "attempt": 1, "gatewayHead": { "seq": 1, "hash": first_hash(&specimen) } });
        journal.append(kmg_audit::kinds::APPLY_INTENT, intent).await.unwrap();
        let finding = found(&specimen).await.remove(1);
        assert_eq!(finding.status, Status::Ok, "{finding:?}");
        assert!(finding.seen.contains("a process is writing it"), "{finding:?}");
        drop(journal);
        while is_being_written(&specimen.path("executor/journal.jsonl")).unwrap() {
            tokio::task::yield_now().await;
        }
        let finding = found(&specimen).await.remove(1);
        assert_eq!(finding.status, Status::Warning, "{finding:?}");
        assert!(finding.seen.contains("intents without a final outcome"), "{finding:?}");
    }

    fn first_hash(specimen: &Specimen) -> serde_json::Value {
        let text = std::fs::read_to_string(specimen.path("gateway/journal.jsonl")).unwrap();
        serde_json::from_str::<serde_json::Value>(text.lines().next().unwrap()).unwrap()["hash"].clone()
    }
}
