//! Letters. One is a row of the outbox, written in the transaction that causes it ([`outbox`]): what is
//! rolled back is never told. [`Mailer`] reads what it is about when it is sent, so that a letter says what
//! is true then, sends it by SMTP, or keeps it as a file where no server is set. Its words come from outside.

mod kept;
mod mailer;
mod matter;
pub(crate) mod outbox;

pub(crate) use kept::erase_kept;
pub use kept::{KeptLetter, kept_letters};
pub use mailer::{Letter, MailSettings, Mailer, Transport, Wording};
pub use matter::Matter;
pub use outbox::Template;
