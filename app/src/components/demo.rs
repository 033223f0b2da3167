use std::sync::Arc;

use leptos::prelude::*;

use crate::i18n::Words;

/// An account anybody may sign in with; only the sandbox has such.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    pub email: String,
    pub password: String,
}

/// The demo accounts, given to pages by the program. A sandbox on a public address gives none: its
/// passwords are random and printed once.
#[derive(Clone, Debug)]
pub struct DemoAccounts(pub Arc<[DemoAccount]>);

/// A line for each demo account.
pub fn demo_lines(w: Words) -> Vec<String> {
    let accounts = use_context::<DemoAccounts>();
    let say = |account: &DemoAccount| {
        let args = [
            ("email", (&account.email).into()),
            ("password", (&account.password).into()),
        ];
        w.say_with("auth-sign-in-demo", &args)
    };
    accounts.map_or_else(Vec::new, |accounts| accounts.0.iter().map(say).collect())
}
