//! Another address for an account, on both databases.

use std::sync::Arc;
use std::time::Duration;

use atelier_server::accounts::{
    ConfirmError, Email, EmailChange, EmailChangeError, Language, LinkError, NewAccount, Outsider,
    Password, Role, Scopes, User,
};
use atelier_server::catalog::{Catalog, InitialWhen};
use atelier_server::credits;
use atelier_server::mail::{
    KeptLetter, Letter, MailSettings, Mailer, Matter, Transport, kept_letters,
};
use atelier_server::on_both_databases;
use atelier_server::testing::TestGround;

const PASSWORD: &str = "a long password";
const HERE: &str = "192.0.2.1";

/// Sends the outbox; every letter so far as (to, what, token), oldest first.
async fn letters(ground: &TestGround) -> Vec<(String, String, String)> {
    let folder = ground.folder.path().join("mail");
    let settings = MailSettings {
        from: "Atelier <atelier@example.com>".parse().unwrap(),
        transport: Transport::Folder(folder.clone()),
        wording: Arc::new(|matter, _| {
            let (subject, text) = match matter {
                Matter::Verify { token } => ("verify", token.as_str()),
                Matter::Reset { token } => ("reset", token.as_str()),
                Matter::ChangeEmail { token } => ("change", token.as_str()),
                Matter::EmailTaken => ("taken", ""),
                Matter::EmailChanged => ("changed", ""),
                other => panic!("nobody bought anything: {other:?}"),
            };
            Letter {
                subject: subject.to_owned(),
                text: text.to_owned(),
                ..Letter::default()
            }
        }),
    };
    Mailer::new(ground.accounts.clone(), settings)
        .send_all()
        .await
        .unwrap();
    let kept = kept_letters(&folder, 100).await.unwrap();
    let told = |letter: KeptLetter| (letter.to, letter.subject, letter.text);
    kept.into_iter().rev().map(told).collect()
}

/// The letters of one kind.
async fn of(ground: &TestGround, kind: &str) -> Vec<(String, String)> {
    let all = letters(ground).await.into_iter();
    all.filter(|(_, subject, _)| subject == kind)
        .map(|(to, _, token)| (to, token))
        .collect()
}

async fn asks(ground: &TestGround, user: &User, new: &str) -> Result<(), EmailChangeError> {
    let new = Email::parse(new).unwrap();
    let accounts = &ground.accounts;
    accounts
        .ask_email_change(user, &new, &PASSWORD.into(), Language::En, HERE)
        .await
}

/// Asks, and gives the token that came.
async fn link(ground: &TestGround, user: &User, new: &str) -> String {
    asks(ground, user, new).await.unwrap();
    let sent = of(ground, "change").await.into_iter();
    let (_, token) = sent.rev().find(|(to, _)| to == new).unwrap();
    token
}

async fn by(ground: &TestGround, email: &str) -> Option<User> {
    ground
        .accounts
        .find_by_email(&Email::parse(email).unwrap())
        .await
        .unwrap()
}

async fn initial(ground: &TestGround, user: &User) -> i64 {
    let wallet = credits::read(&ground.db, &user.id, ground.clock.now())
        .await
        .unwrap();
    wallet.figures.initial
}

async fn signs_up(ground: &TestGround, email: &str) -> User {
    // So that the letters keep their order.
    ground.clock.advance(Duration::from_secs(1));
    let new = NewAccount {
        email: Email::parse(email).unwrap(),
        password: Password::parse(PASSWORD).unwrap(),
        name: String::new(),
        role: Role::User,
        language: Some(Language::En),
        verified: false,
    };
    ground.accounts.create(new).await.unwrap()
}

async fn verifies(ground: &TestGround, email: &str) {
    let sent = of(ground, "verify").await;
    let (_, token) = sent.into_iter().rfind(|(to, _)| to == email).unwrap();
    ground.accounts.verify_email(&token).await.unwrap();
}

on_both_databases! {
    async fn an_address_changes_once_its_link_is_confirmed(ground: TestGround) {
        let ann = ground.account("ann").await;
        let minted = ground.accounts.mint_token(&ann, "", &Scopes::parse("jobs").unwrap(), None).await.unwrap();
        ground.accounts.forgot(&Email::parse(&ann.email).unwrap(), Language::En, HERE).await.unwrap();
        let reset = of(&ground, "reset").await.pop().unwrap().1;
        let token = link(&ground, &ann, "ann@new.example").await;
        // Opening the link, as a program that scans letters does, changes nothing.
        for _ in 0..2 {
            let open = ground.accounts.email_change(&token).await.unwrap();
            assert_eq!(open, EmailChange::Open { email: "ann@new.example".to_owned() });
        }
        assert!(by(&ground, "ann@new.example").await.is_none());
        ground.accounts.confirm_email_change(&token).await.unwrap();
        let moved = by(&ground, "ann@new.example").await.unwrap();
        assert!(moved.id == ann.id && moved.verified);
        assert!(by(&ground, &ann.email).await.is_none());
        assert!(ground.accounts.sign_in("ann@new.example", &PASSWORD.into(), HERE).await.is_ok());
        assert!(ground.accounts.sign_in(&ann.email, &PASSWORD.into(), HERE).await.is_err());
        // Links to the old address have ended, and whoever reads there is told. Access stays.
        let dead = ground.accounts.reset_password(&reset, &Password::parse("another password").unwrap()).await;
        assert!(matches!(dead, Err(LinkError::Dead)), "{dead:?}");
        assert_eq!(of(&ground, "changed").await, [(ann.email.clone(), String::new())]);
        assert!(ground.accounts.find_token(&minted.secret).await.unwrap().is_some());
        assert_eq!(moved.access_epoch, ann.access_epoch);
        // Twice is once.
        ground.accounts.confirm_email_change(&token).await.unwrap();
        assert_eq!(ground.accounts.email_change(&token).await.unwrap(), EmailChange::Done);
        assert_eq!(of(&ground, "changed").await.len(), 1);
    }

    async fn twelve_confirmations_at_once_are_one(ground: TestGround) {
        let ann = ground.account("ann").await;
        let token = link(&ground, &ann, "ann@new.example").await;
        let tries = (0..12).map(|_| {
            let (accounts, token) = (ground.accounts.clone(), token.clone());
            tokio::spawn(async move { accounts.confirm_email_change(&token).await })
        });
        for tried in tries.collect::<Vec<_>>() {
            let _ = tried.await.unwrap();
        }
        assert_eq!(by(&ground, "ann@new.example").await.unwrap().id, ann.id);
        assert_eq!(of(&ground, "changed").await.len(), 1);
    }

    async fn whether_an_address_is_taken_is_told_to_its_owner_alone(ground: TestGround) {
        let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
        asks(&ground, &ann, &bob.email).await.unwrap();
        assert_eq!(of(&ground, "taken").await, [(bob.email.clone(), String::new())]);
        assert_eq!(of(&ground, "change").await, []);
        assert_eq!((by(&ground, &ann.email).await.unwrap().id, by(&ground, &bob.email).await.unwrap().id), (ann.id, bob.id));
    }

    async fn an_address_that_was_taken_meanwhile_is_refused(ground: TestGround) {
        let ann = ground.account("ann").await;
        let token = link(&ground, &ann, "bob@example.com").await;
        let bob = ground.account("bob").await;
        let refused = ground.accounts.confirm_email_change(&token).await;
        assert!(matches!(refused, Err(ConfirmError::Taken)), "{refused:?}");
        assert_eq!((by(&ground, &ann.email).await.unwrap().id, by(&ground, &bob.email).await.unwrap().id), (ann.id, bob.id));
        assert_eq!(of(&ground, "changed").await, []);
    }

    async fn only_who_knows_the_password_asks_and_not_too_often(ground: TestGround) {
        let ann = ground.account("ann").await;
        let new = Email::parse("ann@new.example").unwrap();
        let wrong = ground.accounts.ask_email_change(&ann, &new, &"a wrong password".into(), Language::En, HERE).await;
        assert!(matches!(wrong, Err(EmailChangeError::WrongPassword)), "{wrong:?}");
        let same = asks(&ground, &ann, " ANN@example.com").await;
        assert!(matches!(same, Err(EmailChangeError::Same)), "{same:?}");
        for n in 0..5 {
            asks(&ground, &ann, &format!("ann{n}@new.example")).await.unwrap();
        }
        let limited = asks(&ground, &ann, "ann@new.example").await;
        assert!(matches!(limited, Err(EmailChangeError::Limited(_))), "{limited:?}");
        assert_eq!(of(&ground, "change").await.len(), 5);
        // However many ask, an address gets its five an hour, and nobody hears how many it had.
        for n in 0..7 {
            let other = ground.account(&format!("other{n}")).await;
            asks(&ground, &other, "victim@example.com").await.unwrap();
        }
        let sent = of(&ground, "change").await;
        assert_eq!(sent.iter().filter(|(to, _)| to == "victim@example.com").count(), 5);
    }

    async fn a_new_password_ends_what_was_asked_before(ground: TestGround) {
        let ann = ground.account("ann").await;
        let sent = link(&ground, &ann, "eve@example.com").await;
        asks(&ground, &ann, "mallory@example.com").await.unwrap();
        let new = Password::parse("another password").unwrap();
        ground.accounts.change_password(&ann, &PASSWORD.into(), &new, HERE).await.unwrap();
        let dead = ground.accounts.confirm_email_change(&sent).await;
        assert!(matches!(dead, Err(ConfirmError::Dead)), "{dead:?}");
        assert_eq!(ground.accounts.email_change(&sent).await.unwrap(), EmailChange::Dead);
        // And the letter that still waited is not sent.
        assert_eq!(of(&ground, "change").await.len(), 1);
    }

    async fn one_change_ends_the_links_of_the_others_and_time_ends_all(ground: TestGround) {
        let ann = ground.account("ann").await;
        let (first, second) = (link(&ground, &ann, "one@example.com").await, link(&ground, &ann, "two@example.com").await);
        ground.accounts.confirm_email_change(&second).await.unwrap();
        let dead = ground.accounts.confirm_email_change(&first).await;
        assert!(matches!(dead, Err(ConfirmError::Dead)), "{dead:?}");
        let late = link(&ground, &by(&ground, "two@example.com").await.unwrap(), "three@example.com").await;
        ground.clock.advance(Duration::from_secs(24 * 3_600 + 1));
        let dead = ground.accounts.confirm_email_change(&late).await;
        assert!(matches!(dead, Err(ConfirmError::Dead)), "{dead:?}");
        assert!(by(&ground, "two@example.com").await.is_some());
    }

    async fn an_outside_system_keeps_the_addresses_of_its_own(ground: TestGround) {
        let outsider = Outsider {
            external_id: "ext-1".to_owned(),
            email: Email::parse("ann@example.com").unwrap(),
            name: None,
        };
        let ann = ground.accounts.sync(&outsider, "admin:1", None).await.unwrap().user;
        assert!(!ground.accounts.ways(&ann.id).await.unwrap().has_password);
        ground.accounts.forgot(&outsider.email, Language::En, HERE).await.unwrap();
        let reset = of(&ground, "reset").await.pop().unwrap().1;
        ground.accounts.reset_password(&reset, &Password::parse(PASSWORD).unwrap()).await.unwrap();
        let refused = asks(&ground, &ann, "ann@new.example").await;
        assert!(matches!(refused, Err(EmailChangeError::KeptElsewhere)), "{refused:?}");
    }

    async fn moving_from_address_to_address_brings_no_second_initial_credits(ground: TestGround) {
        for when in [InitialWhen::SignUp, InitialWhen::Verified] {
            let mut catalog = Catalog::built_in();
            catalog.initial.when = when;
            let mut ground = TestGround::new(ground.db.kind()).await;
            ground.set_catalog(catalog);
            let ann = signs_up(&ground, "a@example.com").await;
            verifies(&ground, "a@example.com").await;
            assert_eq!(initial(&ground, &ann).await, 8);
            for next in ["b@example.com", "c@example.com"] {
                let token = link(&ground, &ann_now(&ground, &ann).await, next).await;
                ground.accounts.confirm_email_change(&token).await.unwrap();
                assert_eq!(initial(&ground, &ann).await, 8, "{next}");
            }
            for left in ["a@example.com", "b+again@example.com"] {
                let again = signs_up(&ground, left).await;
                verifies(&ground, left).await;
                let wallet = credits::read(&ground.db, &again.id, ground.clock.now()).await.unwrap();
                assert_eq!((wallet.figures.total, wallet.trials.limit), (0, 0), "{left} {when:?}");
            }
        }
    }

    async fn an_account_that_never_had_an_address_proven_gets_its_credits_with_the_new_one(ground: TestGround) {
        let mut catalog = Catalog::built_in();
        catalog.initial.when = InitialWhen::Verified;
        let mut ground = ground;
        ground.set_catalog(catalog);
        let ann = signs_up(&ground, "typo@example.com").await;
        assert_eq!(initial(&ground, &ann).await, 0);
        let token = link(&ground, &ann, "ann@example.com").await;
        ground.accounts.confirm_email_change(&token).await.unwrap();
        assert_eq!(initial(&ground, &ann).await, 8);
        // Whose the mistyped address is has had nothing yet but the one trial.
        let owner = signs_up(&ground, "typo@example.com").await;
        verifies(&ground, "typo@example.com").await;
        assert_eq!(initial(&ground, &owner).await, 8);
    }
}

/// The account as it is now.
async fn ann_now(ground: &TestGround, ann: &User) -> User {
    let email: String = sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
        .bind(ann.id.as_str())
        .fetch_one(ground.db.reader())
        .await
        .unwrap();
    by(ground, &email).await.unwrap()
}
