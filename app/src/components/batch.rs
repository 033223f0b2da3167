//! What became of a row of a batch, in words: for its page, and for programs.

use atelier_server::credits::{Action, Adjustment};
use atelier_server::oversight::{BatchRow, RowFault, RowProblem, SheetRow};

use crate::i18n::{Text, Words};

/// What is wrong with a row, and in which column.
pub fn row_fault(fault: RowFault) -> (&'static str, Text) {
    match fault {
        RowFault::Email => ("email", "wrong-email".into()),
        RowFault::Action => {
            let words: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
            let words = [("words", words.join(", "))];
            ("action", Text::with("wrong-choice", words))
        }
        RowFault::Amount => ("amount", "wrong-whole-number".into()),
        RowFault::Credits => {
            let most = [("most", Adjustment::MOST.to_string())];
            ("amount", Text::with("wrong-credits", most))
        }
        RowFault::ReasonMissing => ("reason", "wrong-missing".into()),
        RowFault::ReasonUnreadable => ("reason", "wrong-text".into()),
        RowFault::ReasonTooLong => {
            let most = [("most", BatchRow::LONGEST_REASON.to_string())];
            ("reason", Text::with("wrong-too-long", most))
        }
    }
}

/// The same as one sentence.
pub fn say_fault(w: Words, fault: RowFault) -> String {
    let (column, wrong) = row_fault(fault);
    format!("{column}: {}", wrong.say(w))
}

/// Why a row is not done, or not undone whole.
pub fn say_problem(w: Words, problem: RowProblem) -> String {
    match problem {
        RowProblem::Erased => w.say("bulk-erased"),
        RowProblem::NoAccount => w.say("bulk-no-account"),
        RowProblem::Insufficient(short) => w.say_with(
            "bulk-insufficient",
            &[("remaining", w.number(short.remaining).into())],
        ),
        RowProblem::NotUndone(left) => {
            w.say_with("bulk-not-undone", &[("left", w.number(left).into())])
        }
    }
}

/// What stands in the way of a kept row, if anything does.
pub fn say_row(w: Words, row: &SheetRow) -> Option<String> {
    let rest = row.changed - row.undone;
    let left = (row.undone != 0 && rest != 0).then_some(RowProblem::NotUndone(rest.abs()));
    let fault = row.fault.map(|fault| say_fault(w, fault));
    fault.or_else(|| row.problem.or(left).map(|problem| say_problem(w, problem)))
}
