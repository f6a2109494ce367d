//! Cases of `concord::standards`.

mod body_links;
mod broken;
mod broken_guide;
mod data;
mod guidance;
mod lookup;
mod overlay;
mod reverse;
mod terms;

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
    [
        body_links::trials(),
        broken::trials(),
        broken_guide::trials(),
        data::trials(),
        guidance::trials(),
        lookup::trials(),
        overlay::trials(),
        reverse::trials(),
        terms::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
