//! The end of an account, on both databases: who may, and what nobody can do with it afterwards.

use atelier_server::accounts::{
    DeleteError, Email, Language, LinkError, NewAccount, Outsider, Password, Role, Scopes,
    SignInError, SyncError, TokenError, User,
};
use atelier_server::catalog::{Catalog, InitialWhen};
use atelier_server::credits::{self, Action, Actor, Adjustment, CreditsError, Grant};
use atelier_server::db::Change;
use atelier_server::ids::RechargeId;
use atelier_server::on_both_databases;
use atelier_server::oversight::{self, Operator};
use atelier_server::testing::TestGround;

const PASSWORD: &str = "a long password";
const HERE: &str = "192.0.2.1";

async fn deletes(ground: &TestGround, user: &User) -> Result<(), DeleteError> {
    let accounts = &ground.accounts;
    accounts
        .delete(user, &user.email, &PASSWORD.into(), HERE)
        .await
}

async fn admin(ground: &TestGround, name: &str) -> User {
    let new = NewAccount {
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        password: Password::parse(PASSWORD).unwrap(),
        name: name.to_owned(),
        role: Role::Admin,
        language: None,
        verified: true,
    };
    ground.accounts.create(new).await.unwrap()
}

async fn number(ground: &TestGround, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(ground.db.reader())
        .await
        .unwrap()
}

fn by_hand(user: &User, action: Action) -> Adjustment {
    Adjustment {
        user: user.id.clone(),
        action,
        amount: 1,
        reason: "a test".to_owned(),
        actor: Actor::CommandLine,
        address: None,
    }
}

on_both_databases! {
    async fn only_who_knows_password_and_address_deletes(ground: TestGround) {
        let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
        let wrong = ground.accounts.delete(&ann, &ann.email, &"a wrong password".into(), HERE).await;
        assert!(matches!(wrong, Err(DeleteError::WrongPassword)), "{wrong:?}");
        for typed in ["", "ann", bob.email.as_str()] {
            let other = ground.accounts.delete(&ann, typed, &PASSWORD.into(), HERE).await;
            assert!(matches!(other, Err(DeleteError::OtherEmail)), "{other:?}");
        }
        assert!(ground.accounts.sign_in(&ann.email, &PASSWORD.into(), HERE).await.is_ok());
        ground.accounts.delete(&ann, " ANN@example.com ", &PASSWORD.into(), HERE).await.unwrap();
        let gone = ground.accounts.sign_in(&ann.email, &PASSWORD.into(), HERE).await;
        assert!(matches!(gone, Err(SignInError::Wrong)), "{gone:?}");
        assert!(ground.accounts.sign_in(&bob.email, &PASSWORD.into(), HERE).await.is_ok());
    }

    async fn a_deleted_account_opens_nothing_and_its_row_names_nobody(ground: TestGround) {
        let ann = ground.account("ann").await;
        let token = ground.accounts.mint_token(&ann, "mine", &Scopes::parse("jobs").unwrap(), None).await.unwrap();
        let mut news = ground.db.changes();
        deletes(&ground, &ann).await.unwrap();
        let mut told = false;
        while let Ok(change) = news.try_recv() {
            told |= change == Change::SignedOut(ann.id.clone());
        }
        assert!(told, "open streams look whether they still may");
        assert!(ground.accounts.find_token(&token.secret).await.unwrap().is_none());
        let minted = ground.accounts.mint_token(&ann, "", &Scopes::parse("jobs").unwrap(), None).await;
        assert!(matches!(minted, Err(TokenError::SignedOut)), "{minted:?}");
        assert!(ground.accounts.find_by_email(&Email::parse(&ann.email).unwrap()).await.unwrap().is_none());
        // Its id stands where the address was, and opens nothing; a name that comes late is not written.
        assert!(ground.accounts.sign_in(ann.id.as_str(), &PASSWORD.into(), HERE).await.is_err());
        ground.accounts.set_name(&ann.id, "Ann").await.unwrap();
        let row: (String, String, Option<String>, Option<String>, String) = sqlx::query_as(
            "SELECT email, name, password_hash, language, role FROM users WHERE id = $1",
        ).bind(ann.id.as_str()).fetch_one(ground.db.reader()).await.unwrap();
        assert_eq!(row, (ann.id.to_string(), String::new(), None, None, "user".to_owned()));
        for table in ["SELECT COUNT(*) FROM sessions", "SELECT COUNT(*) FROM api_tokens", "SELECT COUNT(*) FROM email_tokens", "SELECT COUNT(*) FROM outgoing_mail"] {
            assert_eq!(number(&ground, table).await, 0, "{table}");
        }
        let operator = Operator { actor: "admin:1".to_owned(), address: None, reason: "why not".to_owned() };
        let unblocked = oversight::block(&ground.db, &ann.id, false, &operator, ground.clock.now()).await.unwrap();
        assert_eq!(unblocked, None, "no operator lets it in again");
    }

    async fn links_sent_before_end_with_the_account(ground: TestGround) {
        let ann = ground.account("ann").await;
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query("INSERT INTO email_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, 'reset', 0, 9000000000000000)")
            .bind(atelier_server::secret::hash("link")).bind(ann.id.as_str()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ground.accounts.reset_link_lives("link").await.unwrap());
        deletes(&ground, &ann).await.unwrap();
        let dead = ground.accounts.reset_password("link", &Password::parse(PASSWORD).unwrap()).await;
        assert!(matches!(dead, Err(LinkError::Dead)), "{dead:?}");
        ground.accounts.forgot(&Email::parse(&ann.email).unwrap(), Language::En, HERE).await.unwrap();
        assert_eq!(number(&ground, "SELECT COUNT(*) FROM email_tokens").await, 0);
    }

    async fn nothing_is_given_to_a_deleted_account_or_taken_from_it(ground: TestGround) {
        let ann = ground.account("ann").await;
        let before = credits::read(&ground.db, &ann.id, ground.clock.now()).await.unwrap().figures;
        deletes(&ground, &ann).await.unwrap();
        let now = ground.clock.now();
        for action in [Action::Add, Action::Deduct, Action::Set] {
            let mut tx = ground.db.begin().await.unwrap();
            let refused = credits::adjust(&mut tx, &by_hand(&ann, action), &ground.catalog.prices(), now).await;
            assert!(matches!(refused, Err(CreditsError::Deleted)), "{refused:?}");
        }
        let mut tx = ground.db.begin().await.unwrap();
        let grant = Grant { recharge: &RechargeId::new(now), credits: 10, bonus: 0, expires_at: None, provider: "stripe" };
        let refused = credits::grant(&mut tx, &ann.id, grant, now).await;
        assert!(matches!(refused, Err(CreditsError::Deleted)), "{refused:?}");
        drop(tx);
        assert_eq!(credits::read(&ground.db, &ann.id, now).await.unwrap().figures, before);
        assert_eq!(atelier_server::verify::findings(&ground.db).await.unwrap(), []);
    }

    async fn whoever_comes_back_gets_no_second_initial_credits(ground: TestGround) {
        for when in [InitialWhen::SignUp, InitialWhen::Verified] {
            let mut ground = TestGround::new(ground.db.kind()).await;
            let mut catalog = Catalog::built_in();
            catalog.initial.when = when;
            ground.set_catalog(catalog);
            for name in ["ann", "ann+again", "ann"] {
                let new = NewAccount {
                    email: Email::parse(&format!("{name}@example.com")).unwrap(),
                    password: Password::parse(PASSWORD).unwrap(),
                    name: String::new(),
                    role: Role::User,
                    language: None,
                    verified: true,
                };
                let user = ground.accounts.create(new).await.unwrap();
                let wallet = credits::read(&ground.db, &user.id, ground.clock.now()).await.unwrap();
                let first = number(&ground, "SELECT COUNT(*) FROM account_deletions").await == 0;
                assert_eq!((wallet.figures.total > 0, wallet.trials.limit > 0), (first, first), "{name}");
                deletes(&ground, &user).await.unwrap();
            }
        }
    }

    async fn an_outside_system_does_not_bring_a_deleted_account_back(ground: TestGround) {
        let outsider = |id: &str| Outsider {
            external_id: id.to_owned(),
            email: Email::parse("ann@example.com").unwrap(),
            name: None,
        };
        let made = ground.accounts.sync(&outsider("ext-1"), "admin:1", None).await.unwrap();
        let hash = a_hash(&ground).await;
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(made.user.id.as_str()).bind(hash).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        deletes(&ground, &made.user).await.unwrap();
        assert!(ground.accounts.find_by_external_id("ext-1").await.unwrap().is_none());
        let refused = ground.accounts.sync(&outsider("ext-1"), "admin:1", None).await;
        assert!(matches!(refused, Err(SyncError::Deleted)), "{refused:?}");
        // Somebody else there is somebody else.
        let other = ground.accounts.sync(&outsider("ext-2"), "admin:1", None).await.unwrap();
        assert!(other.created && other.user.id != made.user.id);
        let kept: String = sqlx::query_scalar("SELECT outsider FROM account_deletions").fetch_one(ground.db.reader()).await.unwrap();
        assert!(!kept.contains("ext-1"));
    }

    async fn the_last_administrator_stays(ground: TestGround) {
        let one = admin(&ground, "one").await;
        let last = deletes(&ground, &one).await;
        assert!(matches!(last, Err(DeleteError::LastAdministrator)), "{last:?}");
        let two = admin(&ground, "two").await;
        // Both at once: one of them stays, whichever.
        let (first, second) = tokio::join!(deletes(&ground, &one), deletes(&ground, &two));
        assert_eq!(first.is_ok(), second.is_err(), "{first:?} {second:?}");
        assert_eq!(number(&ground, "SELECT COUNT(*) FROM users WHERE role = 'admin'").await, 1);
        // A blocked one is nobody to rely on.
        let left = if first.is_ok() { two } else { one };
        let three = admin(&ground, "three").await;
        let operator = Operator { actor: "admin:1".to_owned(), address: None, reason: "a test".to_owned() };
        oversight::block(&ground.db, &three.id, true, &operator, ground.clock.now()).await.unwrap();
        let last = deletes(&ground, &left).await;
        assert!(matches!(last, Err(DeleteError::LastAdministrator)), "{last:?}");
    }

    async fn twelve_deletions_at_once_are_one(ground: TestGround) {
        let ann = ground.account("ann").await;
        let tries = (0..12).map(|_| {
            let (accounts, ann) = (ground.accounts.clone(), ann.clone());
            tokio::spawn(async move { accounts.delete(&ann, &ann.email, &PASSWORD.into(), HERE).await })
        });
        let mut done = 0;
        for tried in tries.collect::<Vec<_>>() {
            done += i32::from(tried.await.unwrap().is_ok());
        }
        assert_eq!((done, number(&ground, "SELECT COUNT(*) FROM account_deletions").await), (1, 1));
    }
}

/// The hash of everybody's password in these tests.
async fn a_hash(ground: &TestGround) -> String {
    let other = ground.account("other").await;
    sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
        .bind(other.id.as_str())
        .fetch_one(ground.db.reader())
        .await
        .unwrap()
}
