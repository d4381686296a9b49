//! Sessions and sign-ins.

use futures_util::future::join_all;
use kmg_core::clock::Clock;
use kmg_core::problem::Code;

use super::refused;
use crate::fixtures::{NOW, pending, person, session};
use crate::{MAX_PENDING_SIGN_INS, MAX_SESSIONS_OF, Store, WebSession};

pub(crate) async fn a_session_lives_until_it_expires_or_ends(store: &Store, clock: &Clock) {
    let (first, second, other) = (session(1, "alice"), session(2, "alice"), session(3, "bob"));
    for session in [&first, &second, &other] {
        store.insert_session(session).await.unwrap();
    }
    assert_eq!(store.session(&first.id_hash).await.unwrap(), Some(first.clone()));
    assert_eq!(store.session(&[9; 32]).await.unwrap(), None);
    assert_eq!(store.sessions_of(&person("alice")).await.unwrap(), [second.clone(), first.clone()]);
    store.touch_session(&first.id_hash, NOW.plus(50)).await.unwrap();
    store.touch_session(&first.id_hash, NOW.plus(40)).await.unwrap();
    let touched = WebSession { last_seen: NOW.plus(50), ..first.clone() };
    assert_eq!(store.sessions_of(&person("alice")).await.unwrap(), [touched, second.clone()]);
    store.delete_session(&second.id_hash).await.unwrap();
    store.touch_session(&second.id_hash, NOW.plus(60)).await.unwrap();
    assert_eq!(store.session(&second.id_hash).await.unwrap(), None);
    clock.advance(3_600_000 - 1);
    assert!(store.session(&first.id_hash).await.unwrap().is_some());
    clock.advance(1);
    assert_eq!(store.session(&first.id_hash).await.unwrap(), None);
    assert!(store.sessions_of(&person("alice")).await.unwrap().is_empty());
    store.purge().await.unwrap();
    clock.advance(-1);
    assert_eq!(store.session(&first.id_hash).await.unwrap(), None, "purged, not hidden");
}

pub(crate) async fn a_person_has_a_bounded_number_of_sessions(store: &Store, _clock: &Clock) {
    let limit = u8::try_from(MAX_SESSIONS_OF).unwrap();
    store.insert_session(&session(200, "bob")).await.unwrap();
    for number in 0..=limit {
        store.insert_session(&session(number, "alice")).await.unwrap();
    }
    assert_eq!(store.sessions_of(&person("alice")).await.unwrap().len(), usize::from(limit));
    assert_eq!(store.session(&[0; 32]).await.unwrap(), None, "the one unused for longest ends");
    assert!(store.session(&[200; 32]).await.unwrap().is_some(), "another person's stays");
}

pub(crate) async fn a_sign_in_is_taken_once(store: &Store, _clock: &Clock) {
    let sign_in = pending(1);
    store.insert_pending(&sign_in).await.unwrap();
    let taken = join_all((0..64).map(|_| store.take_pending(&sign_in.state_hash))).await;
    let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken, [sign_in]);
    assert_eq!(store.take_pending(&pending(2).state_hash).await.unwrap(), None);
}

pub(crate) async fn an_expired_sign_in_is_never_taken(store: &Store, clock: &Clock) {
    let sign_in = pending(1);
    store.insert_pending(&sign_in).await.unwrap();
    clock.advance(600_000);
    assert_eq!(store.take_pending(&sign_in.state_hash).await.unwrap(), None);
    clock.advance(-1);
    assert_eq!(store.take_pending(&sign_in.state_hash).await.unwrap(), None, "gone, not hidden");
}

pub(crate) async fn sign_ins_under_way_are_bounded(store: &Store, clock: &Clock) {
    let limit = u32::try_from(MAX_PENDING_SIGN_INS).unwrap();
    let all: Vec<_> = (0..limit).map(pending).collect();
    for chunk in all.chunks(100) {
        for result in join_all(chunk.iter().map(|sign_in| store.insert_pending(sign_in))).await {
            result.unwrap();
        }
    }
    let late = crate::PendingSignIn { expires_at: NOW.plus(900_000), ..pending(limit) };
    assert_eq!(refused(store.insert_pending(&late).await), Code::Overloaded);
    clock.advance(600_000);
    store.insert_pending(&late).await.unwrap();
    assert_eq!(store.take_pending(&late.state_hash).await.unwrap(), Some(late));
    assert_eq!(store.take_pending(&all[0].state_hash).await.unwrap(), None);
}
