//! `PodDisruptionBudgets`: what a change of Pods would use up.

use kmg_core::observe::BudgetFacts;
use kmg_core::plan::{Action, rules};

use super::{Around, Scene, replicas, rolls};

pub(super) fn judge(scene: &Scene<'_>, budgets: &[BudgetFacts], around: &mut Around) {
    let fewer = replicas(scene.after) < replicas(scene.live) || scene.action == Action::Delete;
    if !(fewer || rolls(scene)) {
        return;
    }
    for budget in budgets {
        let path = "PodDisruptionBudget status.disruptionsAllowed";
        // Where too few are healthy already the budget is spent by the fault, and the change may be its mend.
        if budget.allowed == 0 && budget.expected > 0 && budget.healthy >= budget.desired {
            let text = format!(
                "A PodDisruptionBudget allows no disruption now ({} of {} Pods must be healthy), and this change disrupts Pods.",
                budget.desired, budget.expected
            );
            around.say(&rules::BUDGET_SPENT, text, path);
        } else {
            let text = format!("A PodDisruptionBudget allows {} disruptions now; {} Pods are healthy.", budget.allowed, budget.healthy);
            around.say(if budget.allowed == 0 { &rules::BUDGET_BROKEN } else { &rules::BUDGET }, text, path);
        }
    }
}
