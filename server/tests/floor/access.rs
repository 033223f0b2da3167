//! What is open in an account's name, on both databases: sessions, tokens, the password, and accounts that an
//! outside system keeps.

use std::time::Duration;

use atelier_server::accounts::{
    ACCOUNT_KEY, DAY_KEY, DEVICE_KEY, EPOCH_KEY, Email, Outsider, Password, Role, Scopes,
    SessionStore, SignInError, SyncError, TokenError, USER_KEY, User, session_name,
};
use atelier_server::credits;
use atelier_server::db::Change;
use atelier_server::on_both_databases;
use atelier_server::testing::TestGround;
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

const PASSWORD: &str = "a long password";
const HERE: &str = "192.0.2.1";

fn outsider(external_id: &str, email: &str) -> Outsider {
    Outsider {
        external_id: external_id.to_owned(),
        email: Email::parse(email).unwrap(),
        name: Some("Ann".to_owned()),
    }
}

async fn remaining(ground: &TestGround, user: &User) -> i64 {
    let wallet = credits::read(&ground.db, &user.id, ground.clock.now())
        .await
        .unwrap();
    wallet.figures.remaining
}

async fn signs_in(ground: &TestGround, user: &User, device: &str) -> Id {
    let mut record = Record {
        id: Id::default(),
        data: [
            (USER_KEY.to_owned(), user.id.as_str().into()),
            (EPOCH_KEY.to_owned(), user.access_epoch.into()),
            (DEVICE_KEY.to_owned(), device.into()),
            (DAY_KEY.to_owned(), "2026-11-01".into()),
        ]
        .into(),
        expiry_date: ground
            .clock
            .now()
            .plus(Duration::from_secs(3_600))
            .to_datetime(),
    };
    record.id = Id(rand_id());
    let store = SessionStore::new(ground.db.clone(), ground.clock.clone());
    store.create(&mut record).await.unwrap();
    record.id
}

/// Distinct within a test.
fn rand_id() -> i128 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed).into()
}

on_both_databases! {
    async fn an_outsider_is_made_once_and_brought_up_to_date(ground: TestGround) {
        let first = ground.accounts.sync(&outsider("ext-1", "ann@example.com"), "admin:1", None).await.unwrap();
        assert!(first.created && first.user.verified);
        let given = remaining(&ground, &first.user).await;
        assert!(given > 0, "the initial credits");
        let again = ground.accounts.sync(&outsider("ext-1", "ann@example.com"), "admin:1", None).await.unwrap();
        assert!(!again.created);
        let moved = ground.accounts.sync(&outsider("ext-1", "ann@new.example"), "admin:1", None).await.unwrap();
        assert_eq!((moved.user.id.clone(), moved.user.email.as_str()), (first.user.id.clone(), "ann@new.example"));
        assert_eq!(remaining(&ground, &first.user).await, given);
        let found = ground.accounts.find_by_external_id("ext-1").await.unwrap().unwrap();
        assert_eq!(found, moved.user);
        assert!(ground.accounts.find_by_external_id("ext-2").await.unwrap().is_none());
        // Made and moved are noted, what changed nothing is not.
        let lines: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT before, after, target FROM audit_log WHERE action = 'user.sync' ORDER BY after",
        ).fetch_all(ground.db.reader()).await.unwrap();
        let line = |before: &str, after: &str| (before.to_owned(), after.to_owned(), first.user.id.to_string());
        assert_eq!(lines, [line("no account", "created"), line("email ann@example.com", "email ann@new.example")]);
    }

    async fn an_outsider_does_not_take_over_a_local_account(ground: TestGround) {
        let local = ground.account("ann").await;
        let other = ground.accounts.sync(&outsider("ext-2", "bob@example.com"), "admin:1", None).await.unwrap();
        for external_id in ["ext-1", "ext-2"] {
            let taken = ground.accounts.sync(&outsider(external_id, "ann@example.com"), "admin:1", None).await;
            assert!(matches!(taken, Err(SyncError::EmailTaken)), "{taken:?}");
        }
        let bob = ground.accounts.find_by_external_id("ext-2").await.unwrap().unwrap();
        assert_eq!(bob, other.user);
        assert!(ground.accounts.find_by_external_id("ext-1").await.unwrap().is_none());
        assert!(ground.accounts.sign_in(&local.email, &PASSWORD.into(), HERE).await.is_ok());
    }

    async fn twelve_at_once_make_one_account(ground: TestGround) {
        let tries = (0..12).map(|_| {
            let accounts = ground.accounts.clone();
            tokio::spawn(async move {
                accounts.sync(&outsider("ext-1", "ann@example.com"), "admin:1", None).await
            })
        });
        let mut made = Vec::new();
        for tried in tries.collect::<Vec<_>>() {
            made.push(tried.await.unwrap().unwrap());
        }
        assert_eq!(made.iter().filter(|synced| synced.created).count(), 1);
        assert!(made.iter().all(|synced| synced.user == made[0].user));
        let grants: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE user_id = $1 AND kind = 'grant'")
            .bind(made[0].user.id.as_str()).fetch_one(ground.db.reader()).await.unwrap();
        assert_eq!(grants, 1);
    }

    async fn sessions_are_seen_and_ended_by_a_name_that_opens_nothing(ground: TestGround) {
        let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
        let laptop = signs_in(&ground, &ann, "laptop").await;
        ground.clock.advance(Duration::from_secs(1));
        let phone = signs_in(&ground, &ann, "phone").await;
        let other = signs_in(&ground, &bob, "bob's").await;
        let seen = ground.accounts.sessions(&ann.id).await.unwrap();
        let devices: Vec<&str> = seen.iter().map(|open| open.device.as_str()).collect();
        assert!(devices.contains(&"laptop") && devices.contains(&"phone") && devices.len() == 2, "{devices:?}");
        assert!(seen.iter().all(|open| open.last_day == "2026-11-01"));
        assert!(!seen.iter().any(|open| open.id == laptop.to_string()));
        let store = SessionStore::new(ground.db.clone(), ground.clock.clone());
        // Nobody ends somebody else's.
        assert!(!ground.accounts.end_session(&ann.id, &session_name(&other)).await.unwrap());
        assert!(store.lives(&other).await.unwrap());
        let mut news = ground.db.changes();
        assert!(ground.accounts.end_session(&ann.id, &session_name(&laptop)).await.unwrap());
        assert_eq!(news.recv().await.unwrap(), Change::SignedOut(ann.id.clone()));
        assert!(!store.lives(&laptop).await.unwrap() && store.lives(&phone).await.unwrap());
        assert!(!ground.accounts.end_session(&ann.id, &session_name(&laptop)).await.unwrap());
        let third = signs_in(&ground, &ann, "third").await;
        assert_eq!(ground.accounts.end_other_sessions(&ann.id, &session_name(&third)).await.unwrap(), 1);
        assert!(store.lives(&third).await.unwrap() && !store.lives(&phone).await.unwrap());
        assert!(store.lives(&other).await.unwrap());
    }

    async fn a_new_password_wants_the_present_one_and_ends_everything(ground: TestGround) {
        let ann = ground.account("ann").await;
        let session = signs_in(&ground, &ann, "laptop").await;
        let token = ground.accounts.mint_token(&ann, "", &Scopes::parse("jobs").unwrap(), None).await.unwrap();
        let new = Password::parse("another password").unwrap();
        let store = SessionStore::new(ground.db.clone(), ground.clock.clone());
        let wrong = ground.accounts.change_password(&ann, &"a wrong password".into(), &new, HERE).await;
        assert!(matches!(wrong, Err(SignInError::Wrong)), "{wrong:?}");
        assert!(store.lives(&session).await.unwrap());
        ground.accounts.change_password(&ann, &PASSWORD.into(), &new, HERE).await.unwrap();
        assert!(!store.lives(&session).await.unwrap());
        assert!(ground.accounts.find_token(&token.secret).await.unwrap().is_none());
        assert!(ground.accounts.sign_in(&ann.email, &PASSWORD.into(), HERE).await.is_err());
        assert!(ground.accounts.sign_in(&ann.email, &"another password".into(), HERE).await.is_ok());
    }

    async fn guessing_the_present_password_is_as_limited_as_at_the_door(ground: TestGround) {
        let ann = ground.account("ann").await;
        let new = Password::parse("another password").unwrap();
        for _ in 0..5 {
            let wrong = ground.accounts.change_password(&ann, &"a wrong password".into(), &new, HERE).await;
            assert!(matches!(wrong, Err(SignInError::Wrong)), "{wrong:?}");
        }
        let limited = ground.accounts.change_password(&ann, &PASSWORD.into(), &new, HERE).await;
        assert!(matches!(limited, Err(SignInError::Limited(_))), "{limited:?}");
    }

    async fn tokens_are_listed_with_their_last_use_and_revoked(ground: TestGround) {
        let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
        let scopes = Scopes::parse("credits:read,jobs").unwrap();
        let made = ground.accounts.mint_token(&ann, "My shop", &scopes, None).await.unwrap();
        let listed = ground.accounts.tokens(&ann.id).await.unwrap();
        assert_eq!(listed, vec![made.token.clone()]);
        assert_eq!((listed[0].name.as_str(), listed[0].last_used_at), ("My shop", None));
        assert!(ground.accounts.owns_token(&ann.id, &made.secret).await.unwrap());
        assert!(!ground.accounts.owns_token(&bob.id, &made.secret).await.unwrap());
        let used = async || {
            ground.accounts.find_token(&made.secret).await.unwrap().unwrap();
            ground.accounts.tokens(&ann.id).await.unwrap()[0].last_used_at.unwrap()
        };
        let first = used().await;
        assert_eq!(used().await, first, "not written at every request");
        ground.clock.advance(Duration::from_secs(61));
        assert!(used().await > first);
        assert!(!ground.accounts.revoke_token(&bob, &made.token.id, None).await.unwrap());
        let mut news = ground.db.changes();
        assert!(ground.accounts.revoke_token(&ann, &made.token.id, None).await.unwrap());
        assert_eq!(news.recv().await.unwrap(), Change::SignedOut(ann.id.clone()));
        assert!(ground.accounts.find_token(&made.secret).await.unwrap().is_none());
    }

    async fn a_token_that_is_revoked_twice_at_once_is_told_once(ground: TestGround) {
        let mut ann = ground.account("ann").await;
        ann.role = Role::Admin;
        let scopes = Scopes::parse("jobs").unwrap();
        let token = ground.accounts.mint_token(&ann, "", &scopes, None).await.unwrap().token.id;
        let revoke = || ground.accounts.revoke_token(&ann, &token, None);
        let (first, second) = tokio::join!(revoke(), revoke());
        assert!(first.unwrap() != second.unwrap(), "one of them ended it");
        let lines = "SELECT COUNT(*) FROM audit_log WHERE action = 'token.revoke'";
        let lines: i64 = sqlx::query_scalar(lines).fetch_one(ground.db.reader()).await.unwrap();
        assert_eq!(lines, 1);
    }

    async fn an_account_has_at_most_fifty_tokens(ground: TestGround) {
        let ann = ground.account("ann").await;
        let scopes = Scopes::parse("jobs").unwrap();
        for _ in 0..50 {
            ground.accounts.mint_token(&ann, "", &scopes, None).await.unwrap();
        }
        let refused = ground.accounts.mint_token(&ann, "", &scopes, None).await;
        assert!(matches!(refused, Err(TokenError::TooMany)));
    }

    async fn an_account_exports_ten_times_an_hour(ground: TestGround) {
        let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
        for _ in 0..10 {
            assert!(ground.accounts.count_export(&ann).await.unwrap().is_ok());
        }
        assert!(ground.accounts.count_export(&ann).await.unwrap().is_err());
        assert!(ground.accounts.count_export(&bob).await.unwrap().is_ok());
        ground.clock.advance(Duration::from_secs(3_601));
        assert!(ground.accounts.count_export(&ann).await.unwrap().is_ok());
    }

    async fn what_was_being_opened_while_access_ended_opens_nothing(ground: TestGround) {
        let ann = ground.account("ann").await;
        // Somebody has proven the old password, and their session is kept only now.
        let proven = ground.accounts.sign_in(&ann.email, &PASSWORD.into(), HERE).await.unwrap();
        let new = Password::parse("another password").unwrap();
        let renewed = ground.accounts.change_password(&ann, &PASSWORD.into(), &new, HERE).await.unwrap();
        let store = SessionStore::new(ground.db.clone(), ground.clock.clone());
        for (user, opens) in [(&proven, false), (&renewed, true)] {
            let session = signs_in(&ground, user, "laptop").await;
            let record = store.load(&session).await.unwrap().unwrap();
            assert_eq!((record.data.contains_key(ACCOUNT_KEY), store.lives(&session).await.unwrap()), (opens, opens));
            let scopes = Scopes::parse("jobs").unwrap();
            let minted = ground.accounts.mint_token(user, "", &scopes, None).await;
            assert_eq!(minted.is_ok(), opens, "{minted:?}");
        }
        // And who proved the old one does not change the new one.
        let late = ground.accounts.change_password(&proven, &PASSWORD.into(), &new, HERE).await;
        assert!(matches!(late, Err(SignInError::Wrong)), "{late:?}");
    }

    async fn an_outside_system_neither_moves_links_along_nor_touches_administrators(ground: TestGround) {
        let made = ground.accounts.sync(&outsider("ext-1", "ann@example.com"), "admin:1", None).await.unwrap();
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query("INSERT INTO email_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ('h', $1, 'reset', 0, 9000000000000000)")
            .bind(made.user.id.as_str()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let links = async || -> i64 {
            sqlx::query_scalar("SELECT COUNT(*) FROM email_tokens WHERE used_at IS NULL").fetch_one(ground.db.reader()).await.unwrap()
        };
        ground.accounts.sync(&outsider("ext-1", "ann@example.com"), "admin:1", None).await.unwrap();
        assert_eq!(links().await, 1);
        ground.accounts.sync(&outsider("ext-1", "ann@new.example"), "admin:1", None).await.unwrap();
        assert_eq!(links().await, 0);
        ground.accounts.ensure_admin(&Email::parse("ann@new.example").unwrap(), &Password::parse(PASSWORD).unwrap()).await.unwrap();
        let refused = ground.accounts.sync(&outsider("ext-1", "eve@example.com"), "admin:1", None).await;
        assert!(matches!(refused, Err(SyncError::Administrator)), "{refused:?}");
    }
}
