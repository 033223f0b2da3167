use std::io::Read;
use std::process::ExitCode;

use atelier_server::accounts::{Email, NewAccount, Password, Role};
use clap::Subcommand;

use super::operator;
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Subcommand)]
pub enum Command {
    /// Make an account; the password is read from standard input
    Create {
        #[arg(long)]
        email: String,
        /// Make it an administrator
        #[arg(long)]
        admin: bool,
        #[arg(long, default_value = "")]
        name: String,
    },
}

pub async fn run(settings: Settings, command: Command) -> Result<ExitCode, StartError> {
    let Command::Create { email, admin, name } = command;
    let email = Email::parse(&email).ok_or("--email wants an e-mail address")?;
    let password = read_password()?;
    let ground = Ground::open(&settings).await?;
    let role = if admin { Role::Admin } else { Role::User };
    let new = NewAccount {
        email,
        password,
        name,
        role,
        language: None,
        verified: true,
    };
    let user = ground.accounts.create_by(new, &operator("")).await?;
    ground.db.close().await;
    say(user.id.as_str())?;
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> Result<Password, StartError> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let password = Password::parse(text.trim_end_matches(['\n', '\r']));
    password.ok_or_else(|| "standard input wants a password of 8 to 256 characters".into())
}
