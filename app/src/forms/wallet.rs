use atelier_server::credits::WalletView;
use leptos::prelude::*;

use super::{Caller, unexpected};

/// The balance of whoever is signed in, read from the database in this very request. Pages get the
/// same figures with their visit; this is for whoever asks by itself.
#[server(prefix = "/do", endpoint = "balance")]
pub async fn balance() -> Result<Option<i64>, ServerFnError> {
    Ok(read().await?.map(|wallet| wallet.credits.remaining))
}

async fn read() -> Result<Option<WalletView>, ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let Some(user) = &caller.user else {
        return Ok(None);
    };
    let wallet = caller.services.wallet(&user.id).await.map_err(unexpected)?;
    Ok(Some(wallet.view(&caller.services.prices())))
}
