//! The cases, and the two tests each of them is.

mod access;
mod applies;
mod apply_deployments;
mod config_maps;
mod creates;
mod deletes;
mod deployments;
mod dry_runs;
mod finalizers;
mod lists;
mod nodes;
mod patches;
mod probes;
mod scale;
mod services;
mod validation;

pub(crate) use applies::apply;

/// One list of the cases with what they need, from which come the tests and the list of names.
macro_rules! cases {
    ($($needs:ident $module:ident::$case:ident;)+) => {
        /// The name of every case.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($case)),+];

        mod real {
            $(#[tokio::test]
            async fn $case() {
                crate::real::check(stringify!($case), crate::setup::Needs::$needs, super::$module::$case).await;
            })+
        }

        mod sandbox {
            $(#[tokio::test]
            async fn $case() {
                crate::sandbox::check(stringify!($case), crate::setup::Needs::$needs, super::$module::$case).await;
            })+
        }
    };
}

cases! {
    Nothing probes::health;
    Nothing config_maps::config_map_life;
    Nothing config_maps::config_map_refusals;
    Nothing config_maps::namespace_life;
    Nothing services::service_life;
    Nothing services::service_refusals;
    Nothing deployments::deployment_defaults;
    Nothing deployments::deployment_full;
    Nothing deployments::deployment_at_rest;
    Nothing deployments::pod_defaults;
    Nothing validation::deployment_refusals;
    Nothing validation::bodies_refused;
    Nothing patches::patch_config_map;
    Nothing patches::patch_refusals;
    Nothing patches::patch_deployment;
    Nothing patches::patch_deployment_refusals;
    Nothing dry_runs::dry_run_creates;
    Nothing dry_runs::dry_run_patches;
    Nothing scale::scale_subresource;
    Nothing deletes::delete_preconditions;
    Nothing deletes::delete_dry_runs;
    Nothing deletes::delete_answers;
    Nothing deletes::delete_in_background;
    Nothing deletes::delete_pod;
    Nothing deletes::delete_namespace;
    Nothing creates::create_strictly;
    Nothing creates::create_services;
    Nothing creates::create_refused;
    Nothing applies::apply_fences;
    Nothing applies::apply_refused;
    Nothing applies::apply_config_map;
    Nothing applies::apply_service;
    Nothing apply_deployments::apply_deployment;
    Nothing apply_deployments::apply_deployment_lists;
    Nothing apply_deployments::apply_after_scale;
    Nothing apply_deployments::apply_after_patches;
    Nothing apply_deployments::scale_loses_the_owner;
    Nothing finalizers::delete_held;
    Nothing finalizers::delete_foreground;
    Nothing finalizers::delete_orphans;
    Nothing finalizers::delete_options;
    Nothing lists::pages;
    Nothing lists::label_selectors;
    Nothing lists::field_selectors;
    Nothing lists::metadata_only;
    Nothing lists::across_namespaces;
    Nothing lists::empty_lists;
    Nothing lists::empty_lists_selected;
    Accounts access::authentication;
    Accounts access::roles;
    Accounts access::fence;
    Accounts access::audit_id;
    Node nodes::runs;
    Node nodes::cannot_pull;
    Node nodes::scales;
    Node nodes::replaces;
    Node nodes::service_endpoints;
    Node nodes::logs;
}
