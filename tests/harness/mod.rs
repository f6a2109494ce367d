//! What cases share: how they are listed.

use libtest_mimic::Trial;

/// A case that needs no database.
pub fn plain(name: &str, case: fn()) -> Trial {
    Trial::test(name.trim_start_matches("main::"), move || {
        case();
        Ok(())
    })
}

/// Lists the cases of a module: `cases![this_holds, that_holds];` makes its `trials()`.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        /// The cases of this file.
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::harness::plain(concat!(module_path!(), "::", stringify!($case)), $case)),*]
        }
    };
}

pub(crate) use cases;
