use std::process::ExitCode;

use atelier_server::credits;
use atelier_server::db::Change;
use atelier_server::ids::UserId;
use atelier_server::live;
use atelier_server::oversight::Deed;
use clap::Args;

use super::{account, operator};
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Arguments {
    /// The account, by its id
    #[arg(long)]
    user: Option<String>,
    /// The account, by its address
    #[arg(long)]
    email: Option<String>,
}

pub async fn run(settings: Settings, arguments: Arguments) -> Result<ExitCode, StartError> {
    let ground = Ground::open(&settings).await?;
    let user = match (arguments.user, arguments.email) {
        (Some(id), _) => UserId::parse(&id).ok_or("--user wants the id of an account")?,
        (None, email) => {
            account(&ground.accounts, &email.unwrap_or_default())
                .await?
                .id
        }
    };
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    credits::rebuild_in(&mut tx, &user, now).await?;
    let (before, after) = ("as it was", "written anew from its entries");
    let (by, id) = (operator(""), user.as_str());
    by.records(&mut tx, Deed::Rebuild, id, before, after, now)
        .await?;
    tx.commit().await?;
    credits::settle_ended(&ground.db, &user, now).await?;
    live::tell_others(&ground.db, &[Change::Wallet(user.clone())]).await?;
    say(&format!(
        "what follows from the entries of {user} is written anew"
    ))?;
    ground.db.close().await;
    Ok(ExitCode::SUCCESS)
}
