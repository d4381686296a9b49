//! What every database must do: each case gets an empty store and the hand of its clock.

mod people;
mod plans;
mod rules;

pub(crate) use people::*;
pub(crate) use plans::*;
pub(crate) use rules::*;

use kmg_core::problem::Code;

use crate::StoreError;

/// The code of a refusal; anything else fails the test.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Code {
    match result.unwrap_err() {
        StoreError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    }
}

/// Runs every case against the store that `$open` makes.
macro_rules! contract {
    ($open:path) => {
        crate::contract::cases!($open:
            a_plan_comes_back_as_it_went_in, the_walk_of_a_plan, of_64_claims_one_wins, an_unknown_outcome_is_established_later,
            the_inbox_filters_and_pages, the_caller_is_held_to_its_preconditions, sizes_are_bounded,
            the_same_ask_coalesces_until_it_is_decided, a_denial_sticks_for_the_cool_down, caps_follow_the_person_and_the_namespace,
            one_approved_plan_per_object, an_expiry_is_stored_before_it_is_reported, the_sweep_expires_what_is_due_once,
            a_session_lives_until_it_expires_or_ends, a_person_has_a_bounded_number_of_sessions, a_sign_in_is_taken_once,
            an_expired_sign_in_is_never_taken, sign_ins_under_way_are_bounded);
    };
}

macro_rules! cases {
    ($open:path: $($name:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                let clock = kmg_core::clock::Clock::manual(crate::fixtures::NOW);
                let (_folder, store) = $open(clock.clone()).await;
                crate::contract::$name(&store, &clock).await;
                store.close().await.unwrap();
            }
        )*
    };
}

pub(crate) use {cases, contract};
