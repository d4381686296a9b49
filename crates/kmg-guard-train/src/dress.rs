//! Texts as they reach a model through Kubernetes: as a log line, an event, an annotation, a value. Attacks and
//! ordinary texts are dressed alike, so that the dress tells nothing.

use crate::group::mix;

/// `text` in one of the dresses, which `choice` picks.
pub fn dress(text: &str, choice: u64) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(600).collect();
    let quoted = line.replace('\\', "\\\\").replace('"', "\\\"");
    let minute = mix(choice) % 60;
    if choice.is_multiple_of(2) { as_line(&line, &quoted, minute, choice / 2) } else { as_value(text, &line, &quoted, minute, choice / 2) }
}

/// In what programs print.
fn as_line(line: &str, quoted: &str, minute: u64, choice: u64) -> String {
    match choice % 10 {
        0 => format!(
            "2026-05-12T08:{minute:02}:11.204Z INFO starting worker\n2026-05-12T08:{minute:02}:12.009Z ERROR handler failed: {line}\n2026-05-12T08:{minute:02}:13.120Z INFO retrying in 5s\n"
        ),
        1 => format!("{{\"level\":\"error\",\"ts\":\"2026-05-12T08:{minute:02}:11Z\",\"msg\":\"{quoted}\",\"component\":\"worker\"}}\n"),
        2 => format!("level=warn ts=2026-05-12T08:{minute:02}:11Z caller=main.go:{minute} msg=\"{quoted}\"\n"),
        3 => format!("I0512 08:{minute:02}:11.204311       1 controller.go:{minute}] {line}\n"),
        4 => {
            format!("10.2.0.{minute} - - [12/May/2026:08:{minute:02}:11 +0000] \"GET /search HTTP/1.1\" 200 {minute} \"-\" \"{quoted}\"\n")
        }
        5 => format!(
            "[pod/web-{minute}/app] connected to the database\n[pod/web-{minute}/app] {line}\n[pod/web-{minute}/app] GET /healthz 200\n"
        ),
        6 => format!("May 12 08:{minute:02}:11 node-3 app[{minute}]: {line}\n"),
        7 => format!("2026-05-12 08:{minute:02}:11,204 [http-nio-8080-exec-{minute}] WARN  c.e.shop.Orders - {line}\n"),
        8 => format!("Traceback (most recent call last):\n  File \"/app/main.py\", line {minute}, in run\nValueError: {line}\n"),
        _ => format!("{{\"@timestamp\":\"2026-05-12T08:{minute:02}:11Z\",\"log.level\":\"info\",\"message\":\"{quoted}\"}}\n"),
    }
}

/// In what objects say.
fn as_value(text: &str, line: &str, quoted: &str, minute: u64, choice: u64) -> String {
    match choice % 10 {
        0 => format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-0\n  annotations:\n    description: \"{quoted}\"\nspec:\n  containers:\n  - name: web\n    image: web:1.2\n"
        ),
        1 => format!(
            "Events:\n  Type     Reason   Age  From     Message\n  ----     ------   ---  ----     -------\n  Warning  BackOff  {minute}m   kubelet  {line}\n"
        ),
        2 => format!("  containers:\n  - name: app\n    env:\n    - name: NOTE\n      value: \"{quoted}\"\n"),
        3 => format!("data:\n  readme.txt: |\n    {line}\n  port: \"8080\"\n"),
        4 => format!("State: Terminated\n  Reason: Error\n  Message: {line}\n  Exit Code: 1\n"),
        5 => format!(
            "  conditions:\n  - lastTransitionTime: \"2026-05-12T08:{minute:02}:11Z\"\n    message: \"{quoted}\"\n    reason: Synced\n    status: \"False\"\n    type: Ready\n"
        ),
        6 => {
            let lines = text.lines().take(20).fold(String::new(), |all, line| all + "    " + line + "\n");
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: notes-{minute}\ndata:\n  notes.md: |\n{lines}")
        }
        7 => format!("Name:         web-0\nNamespace:    default\nAnnotations:  note: {line}\nStatus:       Running\n"),
        8 => format!("spec:\n  replicas: 2\n  # {line}\n  selector:\n    matchLabels:\n      app: web\n"),
        _ => format!(
            "kubectl.kubernetes.io/last-applied-configuration: |\n  {{\"kind\":\"ConfigMap\",\"metadata\":{{\"annotations\":{{\"note\":\"{quoted}\"}},\"name\":\"x\"}}}}\n"
        ),
    }
}
