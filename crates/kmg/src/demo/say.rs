//! What the demo tells the person.

use kmg_core::digest::hex;
use serde_json::json;

use super::cluster::{DEPLOYMENT, broken};
use super::layout::{Layout, USERNAME};
use crate::cli::DemoArgs;
use crate::{files, keys};

/// Prints that everything is ready: for a script with `--json`, else for a person.
///
/// # Errors
/// A key cannot be read.
pub(crate) fn ready(args: &DemoArgs, layout: &Layout, password: &str) -> anyhow::Result<()> {
    if args.json {
        return machine(args, layout, password);
    }
    person(args, layout, password);
    Ok(())
}

fn machine(args: &DemoArgs, layout: &Layout, password: &str) -> anyhow::Result<()> {
    let public = |folder: std::path::PathBuf| -> anyhow::Result<String> {
        Ok(hex(keys::signing(&folder, keys::CHECKPOINT)?.verifying_key().as_bytes()))
    };
    let mut line = json!({
        "mcp_url": layout.mcp_url(),
        "approval_url": layout.web_origin(),
        "issuer_url": layout.issuer(),
        "username": USERNAME,
        "namespace": args.namespace,
        "deployment": DEPLOYMENT,
        "container": DEPLOYMENT,
        "image": args.image(),
        "broken_image": broken(args.image()),
        "sandbox": !args.on_a_cluster(),
        "audit_file": layout.gateway_journal(),
        "executor_audit_file": layout.executor_journal(),
        "audit_key": public(layout.gateway_keys())?,
        "executor_audit_key": public(layout.executor_keys())?,
    });
    if args.insecure_print_password {
        line["password"] = password.into();
    }
    files::say(&line.to_string());
    Ok(())
}

fn person(args: &DemoArgs, layout: &Layout, password: &str) {
    let mcp = layout.mcp_url();
    files::say(&format!(
        "\
Kubernetes MCP Guard is ready{place}.

  MCP endpoint   {mcp}
  Approvals      {web}
  Sign in as     {USERNAME}
  Password       {password}
                 (yours alone: the agent must not have it)

In namespace {namespace} the Deployment {DEPLOYMENT} cannot start: its image {broken} does not exist.
{image} does.

Claude Code:
  claude mcp add --transport http kmg {mcp}
  claude mcp login kmg
  and ask: \"Why does Deployment {DEPLOYMENT} in {namespace} not start? Propose the image {image} and apply it once I approved.\"

Codex, which signs in at once:
  codex mcp add kmg --url {mcp}

Journals: {journal}
          {executor_journal}

What this does not protect from: a program that runs as the same user as this demo can read what you can
read, its keys included; issuer, gateway and executor run on one machine as one user here. On a server they
are separate users or Pods.

Ctrl-C stops everything.",
        web = layout.web_origin(),
        namespace = args.namespace,
        place = if args.on_a_cluster() { "" } else { " on a sandbox: a small Kubernetes API in memory, no real cluster" },
        broken = broken(args.image()),
        image = args.image(),
        journal = layout.gateway_journal().display(),
        executor_journal = layout.executor_journal().display(),
    ));
}
