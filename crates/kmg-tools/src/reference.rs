//! The reference of the tools, as a document.

use std::fmt::Write as _;

use serde_json::Value;

use crate::catalogue::Tool;
use crate::list::tools_reference;
use crate::needs::NEEDS;
use crate::schema;

/// The document `docs/reference/tools.md`: every tool with its arguments and its result, and what it needs of the
/// cluster.
pub fn reference() -> String {
    let mut text = "# Tools\n\nMade from the program's own words: `kmg tools`. Refusals have the members `code` and `message` only. A \
        member of a result that says nothing (empty, false, absent) is left out.\n"
        .to_owned();
    for tool in tools_reference()["tools"].as_array().into_iter().flatten() {
        describe(&mut text, tool);
    }
    text.push_str(
        "\n## What each tool needs of the cluster\n\nIn each allowed namespace, as the roles of `kmg rbac` grant it. Besides, all three \
         identities `get` the namespace `kube-system`, whose uid is the cluster's id. Tools without a row need nothing.\n\n\
         | tool | identity | verbs | resources |\n| --- | --- | --- | --- |\n",
    );
    for tool in Tool::ALL {
        permissions(&mut text, tool);
    }
    text
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn describe(text: &mut String, tool: &Value) {
    let hints = &tool["annotations"];
    let effect = match (hints["readOnlyHint"] == true, hints["destructiveHint"] == true) {
        (true, _) => "It reads.",
        (false, false) => "It stores a plan and changes nothing.",
        (false, true) => "It changes the cluster, once for each plan.",
    };
    let _infallible = write!(text, "\n## {}\n\n{} {effect}\n\n", words(&tool["name"]), words(&tool["description"]));
    let input = &tool["inputSchema"];
    let required: Vec<&str> = input["required"].as_array().into_iter().flatten().map(words).collect();
    let mut rows = Vec::new();
    members("", input, &mut rows);
    if rows.is_empty() {
        text.push_str("No arguments.\n");
    } else {
        text.push_str("| argument | type | |\n| --- | --- | --- |\n");
    }
    for (name, schema) in rows {
        let need = required.contains(&name.as_str()).then_some("required");
        let about = [need, schema["description"].as_str()].into_iter().flatten().collect::<Vec<_>>().join("; ");
        let _infallible = writeln!(text, "| `{name}` | {} | {about} |", kind(schema));
    }
    // Every tool about a plan answers alike.
    let status = Tool::GetPlanStatus.name();
    if tool["name"] != status && tool["outputSchema"] == schema::output(Tool::GetPlanStatus) {
        let _infallible = writeln!(text, "\nThe result is that of [{status}](#{status}).");
        return;
    }
    text.push_str("\n| result | type |\n| --- | --- |\n");
    let mut rows = Vec::new();
    members("", &tool["outputSchema"], &mut rows);
    for (name, schema) in rows.iter().filter(|(name, _)| !matches!(name.as_str(), "code" | "message")) {
        let _infallible = writeln!(text, "| `{name}` | {} |", kind(schema));
    }
}

/// The leaves of a schema, by their paths.
fn members<'a>(above: &str, schema: &'a Value, rows: &mut Vec<(String, &'a Value)>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        if member["properties"].is_object() {
            members(&format!("{path}."), member, rows);
        } else if member["items"]["properties"].is_object() {
            members(&format!("{path}[]."), &member["items"], rows);
        } else {
            rows.push((path, member));
        }
    }
}

fn kind(schema: &Value) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(words).collect::<Vec<_>>().join(", ");
    }
    let name = match words(&schema["type"]) {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" => format!("map of {}", kind(&schema["additionalProperties"])),
        _ if schema["type"].is_array() => "map of text, or text".to_owned(),
        _ => "any scalar".to_owned(),
    };
    let mut bounds = Vec::new();
    for (key, before) in
        [("minimum", "from "), ("maximum", "to "), ("minLength", "at least "), ("maxLength", "at most "), ("default", "else ")]
    {
        bounds.extend(schema.get(key).map(|bound| format!("{before}{bound}")));
    }
    if bounds.is_empty() { name } else { format!("{name}, {}", bounds.join(" ")) }
}

fn permissions(text: &mut String, tool: Tool) {
    for need in NEEDS.iter().filter(|need| need.tools.contains(&tool)) {
        let resources: Vec<String> = need
            .resources
            .iter()
            .map(|resource| if need.group.is_empty() { format!("`{resource}`") } else { format!("`{resource}.{}`", need.group) })
            .collect();
        let optional = if need.optional { ", by `kmg rbac … --with-nodes` only: without it the tool says so" } else { "" };
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {}{optional} |",
            tool.name(),
            need.actor.as_str(),
            need.verbs.join(", "),
            resources.join(", ")
        );
    }
}
