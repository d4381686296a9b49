//! The fence: an admission policy that lets the planner's user name through in dry runs only.

use serde_json::{Value, json};

use super::{Identity, RbacOptions, labels};

/// How the names of the fence's policy and binding end.
pub const FENCE_SUFFIX: &str = "-planner-fence";

/// What the policy says when it refuses.
pub const FENCE_MESSAGE: &str = "kmg-fence: this identity may only dry-run";

/// The policy and its binding. Matching is by the name a request acts as, so the planner has no impersonation.
/// The API server exempts a few kinds from all policies (the policies and their bindings themselves, and access
/// reviews, which store nothing): the planner's roles must not, and do not, name them.
pub(super) fn policy(options: &RbacOptions) -> [Value; 2] {
    let name = options.fence_name();
    let user = options.user_name(Identity::Planner);
    [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name, "labels": labels()},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "matchPolicy": "Equivalent",
                    "resourceRules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"], "scope": "*"}]
                },
                "matchConditions": [{"name": "is-the-planner", "expression": format!("request.userInfo.username == '{user}'")}],
                "validations": [{"expression": "request.dryRun == true", "message": FENCE_MESSAGE, "reason": "Forbidden"}]
            }
        }),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name, "labels": labels()},
            "spec": {"policyName": name, "validationActions": ["Deny"]}
        }),
    ]
}
