//! What the operator looks at and does: people, wallets by the batch, the audit log. Everything done here is in the log, in the
//! transaction that does it.

pub mod anomalies;
mod audit;
mod bulk;
mod daily;
mod margin;
mod people;
pub mod reconciliation;
mod sheets;
mod spending;
mod waiting;

pub(crate) use audit::forget;
pub use audit::{
    ArchivedDeed, Audit, AuditFilter, AuditLine, Deed, Operator, archived_deeds, audit_lines,
    record,
};
pub use bulk::{Batch, BatchRow, Bulk, BulkError, RowFault, RowProblem, RowResult};
pub use daily::{
    SiteCredits, SiteDay, SiteJobs, SiteSale, SiteUsers, WrongDay, check_days, close_days,
    count_on, daily, recount,
};
pub use margin::Margins;
pub use people::{PeopleFilter, Person, Standing, block, end_session, people, person};
pub(crate) use sheets::forget_rows;
pub use sheets::{BatchLine, BatchState, RowState, Sheet, SheetRow, TypedRow, batches, let_go};
pub use spending::stop_spending;
pub use waiting::{Waiting, waiting};
