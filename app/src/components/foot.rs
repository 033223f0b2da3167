use leptos::prelude::*;

use super::link::text_link;
use super::seller::seller_of;
use crate::routes;
use crate::visit::Visit;

/// What stands below every page.
pub fn foot(visit: &Visit) -> AnyView {
    let w = visit.words();
    let seller = seller_of(&visit.services.catalog).name.into_owned();
    let sold = w.say_with("foot-seller", &[("seller", seller.into())]);
    let line = w.followed(w.say("foot-tagline")) + &sold;
    view! {
        <footer class="foot">
            <div class="wrap">
                <p>{line}</p>
                <nav aria-label=w.say("foot-label")>
                    <ul>
                        <li>{text_link(routes::TERMS, w.say("foot-terms"))}</li>
                        <li>{text_link(routes::PRIVACY, w.say("foot-privacy"))}</li>
                        <li>{text_link(routes::API_DOCS, w.say("api-page"))}</li>
                    </ul>
                </nav>
            </div>
        </footer>
    }
    .into_any()
}
