//! Init containers.

use serde_json::{Value, json};

use crate::case::Case;
use crate::shapes::{deployment, merge, script, spec};

pub(super) fn cases() -> Vec<Case> {
    let before =
        |init: Value| deployment(merge(spec(), json!({"initContainers": [merge(init, json!({"name": "prepare", "ports": null}))]})));
    let runs = |text: &str| before(script(text));
    let absent = json!({"image": "registry.test/prepare:1"});
    let no_command = json!({"image": "registry.test/sleeper:1", "command": ["/bin/no-such-program"]});
    vec![
        Case::broken("init-crash", ("init-container-failed", "application-error"), runs("echo no database; exit 1")),
        Case::broken("init-cannot-start", ("init-container-failed", "cannot-start"), before(no_command)),
        Case::broken("init-signal", ("init-container-failed", "signal"), runs("sh -c 'kill -SEGV $$$$'; exit $?")),
        Case::broken("init-out-of-memory", ("init-container-failed", "out-of-memory"), {
            before(merge(script("tail /dev/zero"), json!({"resources": {"limits": {"memory": "24Mi"}}})))
        }),
        Case::broken("init-stalled", ("init-container-stalled", ""), runs("exec sleep 100000")).ahead(7),
        Case::broken("init-image", ("image-pull-failed", "not-found"), before(absent)),
        // A sidecar: it runs on beside the main containers.
        Case::broken("init-sidecar-crash", ("crash-loop", "application-error"), {
            before(merge(script("exit 4"), json!({"restartPolicy": "Always"})))
        }),
    ]
}
