//! Cases of `concord::standards`.

mod broken;
mod data;
mod lookup;
mod overlay;

use concord::{
    embedded,
    standards::{RequirementId, Standards},
};
use std::sync::LazyLock;

/// The data the program carries.
static STANDARDS: LazyLock<Standards> =
    LazyLock::new(|| Standards::parse(&embedded::standards()).unwrap_or_else(|error| panic!("{error}")));

const ISMS: &str = "iso27001-2013";
const SMS: &str = "iso20000-1-2011";

fn isms(number: &str) -> RequirementId {
    RequirementId::new(ISMS, number)
}

fn sms(number: &str) -> RequirementId {
    RequirementId::new(SMS, number)
}

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [broken::trials(), data::trials(), lookup::trials(), overlay::trials()].into_iter().flatten().collect()
}
