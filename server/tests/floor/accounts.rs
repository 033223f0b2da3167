//! Accounts on both databases: passwords, links, limits, tokens.

use std::time::Duration;

use atelier_server::accounts::{
    Email, Language, LinkError, NewAccount, Password, Role, Scopes, SessionStore, SignInError,
    SignUpError, TokenError,
};
use atelier_server::catalog::{Catalog, InitialWhen};
use atelier_server::credits;
use atelier_server::mail::{Letter, MailSettings, Mailer, Matter, Transport, kept_letters};
use atelier_server::on_both_databases;
use atelier_server::testing::TestGround;
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

const PASSWORD: &str = "a long password";
const HERE: &str = "192.0.2.1";

/// Sends the outbox and gives the tokens of the letters kept so far, newest first.
async fn letters(ground: &TestGround) -> Vec<String> {
    let folder = ground.folder.path().join("mail");
    let settings = MailSettings {
        from: "Atelier <atelier@example.com>".parse().unwrap(),
        transport: Transport::Folder(folder.clone()),
        wording: std::sync::Arc::new(|matter, _| Letter {
            text: match matter {
                Matter::Verify { token } | Matter::Reset { token } => token.clone(),
                other => panic!("nobody bought anything: {other:?}"),
            },
            ..Letter::default()
        }),
    };
    Mailer::new(ground.accounts.clone(), settings)
        .send_all()
        .await
        .unwrap();
    let kept = kept_letters(&folder, 100).await.unwrap();
    kept.into_iter().map(|letter| letter.text).collect()
}

fn new_account(name: &str, verified: bool) -> NewAccount {
    NewAccount {
        email: email(name),
        password: Password::parse(PASSWORD).unwrap(),
        name: String::new(),
        role: Role::User,
        language: Some(Language::En),
        verified,
    }
}

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

on_both_databases! {
    async fn the_right_password_signs_in_and_no_other(ground: TestGround) {
        let user = ground.account("ann").await;
        let signed_in = ground.accounts.sign_in(" Ann@Example.com ", &PASSWORD.into(), HERE).await;
        assert_eq!(signed_in.unwrap().id, user.id);
        for (address, password) in [("ann@example.com", "wrong password"), ("bob@example.com", PASSWORD)] {
            let refused = ground.accounts.sign_in(address, &password.into(), HERE).await;
            assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
        }
    }

    async fn five_wrong_passwords_close_the_account_for_a_quarter_of_an_hour(ground: TestGround) {
        ground.account("ann").await;
        let attempt = async |password: &'static str| {
            ground.accounts.sign_in("ann@example.com", &password.into(), HERE).await
        };
        for _ in 0..5 {
            assert!(matches!(attempt("wrong password").await, Err(SignInError::Wrong)));
        }
        // Even the right one has to wait now.
        let Err(SignInError::Limited(limited)) = attempt(PASSWORD).await else { panic!() };
        assert!(limited.retry_after <= Duration::from_secs(15 * 60 + 1));
        ground.clock.advance(limited.retry_after);
        assert!(attempt(PASSWORD).await.is_ok());
    }

    async fn one_address_may_guess_twenty_times_in_all(ground: TestGround) {
        for guess in 0..20 {
            let email = format!("nobody{guess}@example.com");
            let refused = ground.accounts.sign_in(&email, &PASSWORD.into(), HERE).await;
            assert!(matches!(refused, Err(SignInError::Wrong)));
        }
        let refused = ground.accounts.sign_in("other@example.com", &PASSWORD.into(), HERE).await;
        assert!(matches!(refused, Err(SignInError::Limited(_))), "{refused:?}");
        let elsewhere = ground.accounts.sign_in("other@example.com", &PASSWORD.into(), "192.0.2.2").await;
        assert!(matches!(elsewhere, Err(SignInError::Wrong)));
    }

    async fn an_address_has_one_account(ground: TestGround) {
        ground.account("ann").await;
        let again = ground.accounts.create(atelier_server::accounts::NewAccount {
            email: email("ann"),
            password: Password::parse(PASSWORD).unwrap(),
            name: String::new(),
            role: atelier_server::accounts::Role::User,
            language: Some(Language::En),
            verified: false,
        });
        assert!(matches!(again.await, Err(SignUpError::EmailTaken)));
    }

    async fn of_thirty_sign_ups_at_once_from_one_address_ten_pass(ground: TestGround) {
        let tries = (0..30).map(|number| {
            let accounts = ground.accounts.clone();
            tokio::spawn(async move {
                accounts.sign_up(new_account(&format!("p{number}"), false), HERE).await
            })
        });
        let mut passed = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                Ok(_) => passed += 1,
                Err(SignUpError::Limited(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(passed, 10);
    }

    async fn a_sign_up_that_came_to_nothing_is_not_counted(ground: TestGround) {
        ground.account("ann").await;
        for _ in 0..12 {
            let taken = ground.accounts.sign_up(new_account("ann", false), HERE).await;
            assert!(matches!(taken, Err(SignUpError::EmailTaken)), "{taken:?}");
        }
    }

    async fn the_trial_before_verification_comes_once_per_person(ground: TestGround) {
        let mut ground = ground;
        let mut catalog = Catalog::built_in();
        catalog.initial.when = InitialWhen::Verified;
        ground.set_catalog(catalog);
        let mut trials = Vec::new();
        for name in ["me", "me+1", "me+2"] {
            let user = ground.account(name).await;
            let wallet = credits::read(&ground.db, &user.id, ground.clock.now()).await.unwrap();
            trials.push((wallet.figures.remaining, wallet.trials.remaining));
        }
        assert_eq!(trials, [(0, 1), (0, 0), (0, 0)]);
    }

    async fn a_session_that_ended_is_not_kept_again_by_a_late_request(ground: TestGround) {
        let store = SessionStore::new(ground.db.clone(), ground.clock.clone());
        let user = ground.account("ann").await;
        let mut record = Record {
            id: Id::default(),
            data: [("user".to_owned(), user.id.to_string().into())].into(),
            expiry_date: ground.clock.now().plus(Duration::from_secs(3_600)).to_datetime(),
        };
        store.create(&mut record).await.unwrap();
        // The request has read its session; meanwhile the session ends.
        let late = store.load(&record.id).await.unwrap().unwrap();
        store.delete(&record.id).await.unwrap();
        store.save(&late).await.unwrap();
        assert!(store.load(&record.id).await.unwrap().is_none());
    }

    async fn a_new_password_of_the_settings_ends_sessions_and_tokens(ground: TestGround) {
        let (first, second) = (Password::parse("first password").unwrap(), Password::parse("second password").unwrap());
        let boss = email("boss");
        ground.accounts.ensure_admin(&boss, &first).await.unwrap();
        let user = ground.accounts.find_by_email(&boss).await.unwrap().unwrap();
        let token = ground.accounts.mint_token(&user, "", &Scopes::parse("admin").unwrap(), None).await.unwrap().secret;
        ground.accounts.ensure_admin(&boss, &first).await.unwrap();
        assert!(ground.accounts.find_token(&token).await.unwrap().is_some());
        ground.accounts.ensure_admin(&boss, &second).await.unwrap();
        assert!(ground.accounts.find_token(&token).await.unwrap().is_none());
    }

    async fn a_verify_link_works_once(ground: TestGround) {
        ground.account("ann").await;
        let tokens = letters(&ground).await;
        assert_eq!(tokens.len(), 1);
        ground.accounts.verify_email(&tokens[0]).await.unwrap();
        assert!(ground.accounts.verify_link_was_used(&tokens[0]).await.unwrap());
        let again = ground.accounts.verify_email(&tokens[0]).await;
        assert!(matches!(again, Err(LinkError::Dead)), "{again:?}");
    }

    async fn a_reset_link_lives_30_minutes_works_once_and_ends_everything_else(ground: TestGround) {
        let user = ground.account("ann").await;
        letters(&ground).await;
        let token = ground.accounts.mint_token(&user, "", &Scopes::parse("credits:read").unwrap(), None).await.unwrap().secret;
        ground.accounts.forgot(&email("ann"), Language::En, HERE).await.unwrap();
        let old = letters(&ground).await.remove(0);
        ground.clock.advance(Duration::from_secs(30 * 60));
        assert!(!ground.accounts.reset_link_lives(&old).await.unwrap());

        ground.accounts.forgot(&email("ann"), Language::En, HERE).await.unwrap();
        let link = letters(&ground).await.remove(0);
        let password = Password::parse("another password").unwrap();
        ground.accounts.reset_password(&link, &password).await.unwrap();
        let again = ground.accounts.reset_password(&link, &password).await;
        assert!(matches!(again, Err(LinkError::Dead)), "{again:?}");
        assert!(ground.accounts.find_token(&token).await.unwrap().is_none());
        assert!(ground.accounts.sign_in("ann@example.com", &PASSWORD.into(), HERE).await.is_err());
        let signed_in = ground.accounts.sign_in("ann@example.com", &"another password".into(), HERE).await;
        assert!(signed_in.is_ok());
    }

    async fn forgetting_an_unknown_address_looks_the_same_and_sends_nothing(ground: TestGround) {
        ground.accounts.forgot(&email("nobody"), Language::En, HERE).await.unwrap();
        let waiting: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outgoing_mail")
            .fetch_one(ground.db.reader()).await.unwrap();
        assert_eq!(waiting, 1);
        assert!(letters(&ground).await.is_empty());
    }

    async fn no_token_is_stored_in_the_clear(ground: TestGround) {
        ground.account("ann").await;
        let token = letters(&ground).await.remove(0);
        let stored: Vec<(String,)> = sqlx::query_as("SELECT token_hash FROM email_tokens")
            .fetch_all(ground.db.reader()).await.unwrap();
        assert!(stored.iter().all(|(hash,)| *hash != token));
    }

    async fn a_user_mints_no_operator_scope(ground: TestGround) {
        let user = ground.account("ann").await;
        let refused = ground.accounts.mint_token(&user, "", &Scopes::parse("credits:write").unwrap(), None).await;
        assert!(matches!(refused, Err(TokenError::Forbidden(_))));
        let minted = ground.accounts.mint_token(&user, "", &Scopes::parse("credits:read,jobs").unwrap(), None).await.unwrap().secret;
        let (owner, _) = ground.accounts.find_token(&minted).await.unwrap().unwrap();
        assert_eq!(owner.id, user.id);
        assert!(ground.accounts.find_token("atl_guess").await.unwrap().is_none());
    }
}
