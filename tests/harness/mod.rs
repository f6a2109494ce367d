//! What cases share: how they are listed, the databases they run on, the folder of real data.

mod cluster;
mod database;
pub mod http;
mod organisation;
mod proof;
mod reading;
pub mod stub;
pub mod webhooks;

pub use cluster::hold_if_asked;
pub use database::{TestDatabase, on_both, on_both_durably, stop_server};
pub use organisation::{Organisation, SOURCE, settings, story_instant, sync};
pub use proof::trials;
pub use reading::Reading;

use libtest_mimic::{Completion, Trial};
use std::{env, path::PathBuf};

/// What a case returns: nothing, or whether it ran at all.
pub trait Outcome {
    /// For the report.
    fn completion(self) -> Completion;
}

impl Outcome for () {
    fn completion(self) -> Completion {
        Completion::Completed
    }
}

impl Outcome for Completion {
    fn completion(self) -> Completion {
        self
    }
}

/// A case that needs no database.
pub fn plain<R: Outcome + 'static>(name: &str, case: fn() -> R) -> Trial {
    Trial::ignorable_test(name, move || Ok(case().completion()))
}

/// The folder `CONCORD_TEST_DATA` names, where real data lies that this project does not carry. A case without it
/// returns `without_data()`.
pub fn data_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("CONCORD_TEST_DATA").filter(|folder| !folder.is_empty())?);
    assert!(folder.is_dir(), "CONCORD_TEST_DATA is {}, which is no folder", folder.display());
    Some(folder)
}

/// What a case returns that needs the real data and has none: it is reported ignored.
pub fn without_data() -> Completion {
    Completion::ignored_with("CONCORD_TEST_DATA is not set")
}

/// The name of a case: its module below the test binary's root, and its function.
macro_rules! case_name {
    ($case:ident) => {
        concat!(module_path!(), "::", stringify!($case)).trim_start_matches("main::")
    };
}

/// Lists the cases of a module: `cases![this_holds, that_holds];` makes its `trials()`.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        /// The cases of this file.
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::harness::plain($crate::harness::case_name!($case), $case)),*]
        }
    };
}

/// Lists cases that take a `&TestDatabase`; each runs once on SQLite and once on PostgreSQL, on a fresh migrated
/// database. A module may have some that need none as well: `store_cases![stored, kept; plain: computed];`.
macro_rules! store_cases {
    ($($case:ident),* $(,)?) => {
        $crate::harness::store_cases![$($case),*; plain:];
    };
    ($($case:ident),* $(,)?; plain: $($plain:ident),* $(,)?) => {
        /// The cases of this file.
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            let mut trials = Vec::new();
            $(trials.push($crate::harness::plain($crate::harness::case_name!($plain), $plain));)*
            $(trials.extend($crate::harness::on_both($crate::harness::case_name!($case), $case));)*
            trials
        }
    };
}

/// Lists cases that kill the program. On PostgreSQL each gets a server of its own that writes to disk as it should.
macro_rules! crash_cases {
    ($($case:ident),* $(,)?) => {
        /// The cases of this file.
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            let mut trials = Vec::new();
            $(trials.extend($crate::harness::on_both_durably($crate::harness::case_name!($case), $case));)*
            trials
        }
    };
}

pub(crate) use {case_name, cases, crash_cases, store_cases};
