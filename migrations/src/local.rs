//! The local database (SQLite).
//!
//! Each step runs in a transaction (the default for SQLite is none) and says what it means for a
//! program that does not know it ([`Older`]). The file's `user_version` holds the number of the last
//! step that a program must know to open it.

mod m20261120_000001_first;
mod m20261120_000002_keys;
mod m20261120_000003_audit;
mod m20261120_000004_spending;

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseTransaction};
use sea_orm_migration::{DbErr, MigrationTrait, MigratorTrait};

/// What a step means for a program that does not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// It may open the file: what it reads is unchanged, and what it writes stays right.
    MayOpen,
    /// It must not open the file.
    MustNotOpen,
}

/// The steps of the local database.
#[derive(Debug)]
pub struct Local;

impl MigratorTrait for Local {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        steps().into_iter().map(|(step, _)| step).collect()
    }
}

fn steps() -> Vec<(Box<dyn MigrationTrait>, Older)> {
    vec![
        (Box::new(m20261120_000001_first::Migration), m20261120_000001_first::OLDER),
        (Box::new(m20261120_000002_keys::Migration), m20261120_000002_keys::OLDER),
        (Box::new(m20261120_000003_audit::Migration), m20261120_000003_audit::OLDER),
        (Box::new(m20261120_000004_spending::Migration), m20261120_000004_spending::OLDER),
    ]
}

/// The names of all steps, oldest first, as the file records them.
pub fn names() -> Vec<String> {
    steps().iter().map(|(step, _)| step.name().to_owned()).collect()
}

/// How many steps this program knows. A file whose `user_version` is higher is too new for it.
pub fn known() -> u32 {
    number(steps().len())
}

/// How many steps a program must know to open a file that has taken all of them.
pub fn must_know() -> u32 {
    number(steps().iter().rposition(|(_, older)| *older == Older::MustNotOpen).map_or(0, |last| last + 1))
}

/// Takes all pending steps. All of them happen or none: the caller commits.
///
/// # Errors
/// What SQLite says.
pub async fn migrate(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    Local::up(transaction, None).await?;
    transaction.execute_unprepared(&format!("PRAGMA user_version = {}", must_know())).await?;
    Ok(())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_in_a_transaction() {
        for (step, _) in steps() {
            assert_eq!(
                step.use_transaction(),
                Some(true),
                "{}: without it SQLite keeps half of a step that fails",
                step.name()
            );
        }
    }

    #[test]
    fn steps_are_in_the_order_of_their_names() {
        let mut sorted = names();
        sorted.sort();
        sorted.dedup();
        assert_eq!(names(), sorted, "the order of the files is the order in which they run");
    }
}
