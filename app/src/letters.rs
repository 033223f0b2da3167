//! Letters in words: what the mailer in `server` sends.

use std::sync::Arc;

use atelier_server::accounts::{Language, Letter, Template, Wording};

use crate::i18n::Words;
use crate::routes;

/// How long a link to reset the password works, in minutes.
pub const RESET_MINUTES: &str = "30";

/// The wording of letters for a site at `site` (ends in a slash).
pub fn wording(site: &str) -> Wording {
    let site = site.trim_end_matches('/').to_owned();
    Arc::new(move |template, language, token| word(&site, template, language, token))
}

fn word(site: &str, template: Template, language: Language, token: &str) -> Letter {
    let words = Words(language);
    let name = words.say("mail-greeting-anonymous");
    match template {
        Template::Verify => {
            let link = format!("{site}{}/{token}", routes::VERIFY);
            let args = [
                ("name", name.into()),
                ("link", link.into()),
                ("days", "7".into()),
            ];
            Letter {
                subject: words.say("mail-verify-subject"),
                body: words.say_with("mail-verify-body", &args),
            }
        }
        Template::Reset => {
            let link = format!("{site}{}/{token}", routes::RESET);
            let args = [
                ("name", name.into()),
                ("link", link.into()),
                ("minutes", RESET_MINUTES.into()),
            ];
            Letter {
                subject: words.say("mail-reset-subject"),
                body: words.say_with("mail-reset-body", &args),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_carry_their_link_in_both_languages() {
        let wording = wording("http://127.0.0.1:3000/");
        for language in [Language::En, Language::Zh] {
            let letter = wording(Template::Reset, language, "tok");
            assert!(
                letter.body.contains("http://127.0.0.1:3000/reset/tok"),
                "{}",
                letter.body
            );
            let letter = wording(Template::Verify, language, "tok");
            assert!(
                letter.body.contains("http://127.0.0.1:3000/verify/tok"),
                "{}",
                letter.body
            );
        }
    }
}
