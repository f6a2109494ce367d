//! What answers may not say together, and the size and form each has to have.

use super::assessment::{Assessment, Driver, Maturity, Reliance, Scope, ServiceProvision, Size, SystemsInPlace};
use super::recommend::Approach;
use crate::{
    error::{Error, Problem, Result},
    model::System,
};
use std::collections::HashSet;

/// The most characters of a text.
const LONGEST_TEXT: usize = 200;
/// The most entries of a list.
const LONGEST_LIST: usize = 200;

/// Two answers that contradict each other.
struct Contradiction {
    fields: [&'static str; 2],
    holds: fn(&Assessment) -> bool,
    rule: &'static str,
}

/// Shorthand for a row of the table below.
const fn pair(
    one: &'static str,
    other: &'static str,
    holds: fn(&Assessment) -> bool,
    rule: &'static str,
) -> Contradiction {
    Contradiction { fields: [one, other], holds, rule }
}

const CONTRADICTIONS: &[Contradiction] = &[
    pair(
        "management_systems",
        "isms",
        |a| a.isms.is_some() && matches!(a.management_systems, SystemsInPlace::Neither | SystemsInPlace::Sms),
        "there is said to be no ISMS, yet one is described",
    ),
    pair(
        "management_systems",
        "isms",
        |a| a.isms.is_none() && matches!(a.management_systems, SystemsInPlace::Isms | SystemsInPlace::Both),
        "there is said to be an ISMS, yet none is described",
    ),
    pair(
        "management_systems",
        "sms",
        |a| a.sms.is_some() && matches!(a.management_systems, SystemsInPlace::Neither | SystemsInPlace::Isms),
        "there is said to be no SMS, yet one is described",
    ),
    pair(
        "management_systems",
        "sms",
        |a| a.sms.is_none() && matches!(a.management_systems, SystemsInPlace::Sms | SystemsInPlace::Both),
        "there is said to be an SMS, yet none is described",
    ),
    pair(
        "service_provision",
        "sms",
        |a| provides_none(a) && a.sms.is_some(),
        "no services are provided, yet there is a management system for services",
    ),
    pair(
        "service_provision",
        "proposed_sms_scope",
        |a| provides_none(a) && a.proposed_sms_scope.is_some(),
        "no services are provided, yet a scope for managing services is proposed",
    ),
    pair(
        "service_provision",
        "internal_delivery",
        |a| provides_none(a) && a.internal_delivery,
        "no services are provided, yet services are delivered within the organisation",
    ),
    pair(
        "service_provision",
        "demanded_standard",
        |a| provides_none(a) && a.demanded_standard == Some(System::Sms),
        "no services are provided, yet conformity in managing services is asked for",
    ),
    pair(
        "size",
        "internal_delivery",
        |a| single_person(a) && a.internal_delivery,
        "a single person has no units to deliver services to",
    ),
    pair(
        "size",
        "merging_organizations",
        |a| single_person(a) && !a.merging_organizations.is_empty(),
        "a single person is no organisation that comes of a merger",
    ),
    pair(
        "supplier_reliance",
        "other_party_governance",
        |a| a.supplier_reliance == Reliance::Nothing && !a.internal_delivery && a.other_party_governance.is_some(),
        "no other party delivers anything, yet the governance of other parties is described",
    ),
    pair(
        "drivers",
        "demanded_standard",
        |a| {
            let demands = [Driver::CustomerDemand, Driver::Regulation];
            a.demanded_standard.is_some() && !a.drivers.iter().any(|driver| demands.contains(driver))
        },
        "a standard is demanded, yet neither customer_demand nor regulation drives the organisation",
    ),
    pair(
        "management_systems",
        "decided_approach",
        |a| {
            let fits: &[Approach] = match a.management_systems {
                SystemsInPlace::Neither => {
                    &[Approach::IsmsFirst, Approach::SmsFirst, Approach::Concurrent, Approach::Parallel]
                }
                SystemsInPlace::Isms => &[Approach::IsmsFirst],
                SystemsInPlace::Sms => &[Approach::SmsFirst],
                SystemsInPlace::Both => &[Approach::Integrate],
            };
            a.decided_approach.is_some_and(|decided| !fits.contains(&decided))
        },
        "the systems in place leave no room for this approach",
    ),
    pair(
        "service_provision",
        "decided_approach",
        |a| provides_none(a) && a.decided_approach.is_some_and(|decided| decided != Approach::IsmsFirst),
        "no services are provided, yet the approach decided upon manages services",
    ),
    pair(
        "single_project_possible",
        "decided_approach",
        |a| !a.single_project_possible && a.decided_approach == Some(Approach::Concurrent),
        "one project is said to be impossible, yet it is what is decided upon",
    ),
];

fn provides_none(assessment: &Assessment) -> bool {
    assessment.service_provision == ServiceProvision::Nothing
}

fn single_person(assessment: &Assessment) -> bool {
    assessment.size == Size::SinglePerson
}

impl Assessment {
    /// Checks each answer by itself and all of them together.
    ///
    /// # Errors
    /// `Invalid` with every broken rule; the place of a contradiction names both fields, `size, internal_delivery`.
    pub fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        self.check_forms(&mut problems);
        for contradiction in CONTRADICTIONS.iter().filter(|contradiction| (contradiction.holds)(self)) {
            problems.push(Problem::new(contradiction.fields.join(", "), contradiction.rule));
        }
        for (field, system) in self.existing() {
            let place = format!("{field}.maturity, {field}.certificate");
            match (system.maturity == Maturity::Certified, system.certificate.is_some()) {
                (true, false) => problems.push(Problem::new(place, "it is certified, yet no certificate is given")),
                (false, true) => problems.push(Problem::new(place, "it has a certificate, yet is not certified")),
                _ => {}
            }
            if let Some(organization) = &system.organization
                && !self.merging_organizations.contains(organization)
            {
                let rule = format!("`{organization}` has it, yet is none of the organisations that merge");
                problems.push(Problem::new(format!("{field}.organization, merging_organizations"), rule));
            }
        }
        for (field, scope) in self.scopes() {
            check_scope(field, scope, &mut problems);
        }
        for (position, other) in self.other_systems.iter().enumerate() {
            if ["27001", "20000"].iter().any(|own| other.standard.contains(own)) {
                let rule = "a system for this standard is no other system: name it there";
                problems.push(Problem::new(format!("other_systems[{position}].standard, management_systems"), rule));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
    }

    fn check_forms(&self, problems: &mut Vec<Problem>) {
        for (position, other) in self.other_systems.iter().take(LONGEST_LIST).enumerate() {
            check_text(&format!("other_systems[{position}].standard"), &other.standard, problems);
            if let Some(scope) = &other.scope {
                check_text(&format!("other_systems[{position}].scope"), scope, problems);
            }
        }
        for (field, system) in self.existing() {
            if let Some(certificate) = &system.certificate {
                check_text(&format!("{field}.certificate.issuer"), &certificate.issuer, problems);
            }
        }
        if self.other_systems.len() > LONGEST_LIST {
            problems.push(Problem::new("other_systems", format!("has more than {LONGEST_LIST} entries")));
        }
        if self.merging_organizations.len() == 1 {
            problems.push(Problem::new("merging_organizations", "a merger takes at least two, or none is named"));
        }
        check_list("merging_organizations", &self.merging_organizations, problems);
        let drivers: HashSet<_> = self.drivers.iter().collect();
        if drivers.len() < self.drivers.len() {
            problems.push(Problem::new("drivers", "a driver is here twice"));
        }
    }
}

fn check_scope(field: &str, scope: &Scope, problems: &mut Vec<Problem>) {
    let lists = [("services", &scope.services), ("units", &scope.units), ("sites", &scope.sites)];
    for (name, list) in lists {
        check_list(&format!("{field}.{name}"), list, problems);
        if scope.whole_organization && !list.is_empty() {
            let place = format!("{field}.whole_organization, {field}.{name}");
            problems.push(Problem::new(place, "the whole organisation is in scope, yet parts of it are named"));
        }
    }
    if ["sms.scope", "proposed_sms_scope"].contains(&field) {
        if !scope.whole_organization && scope.services.is_empty() {
            problems.push(Problem::new(format!("{field}.services"), "an SMS has at least one service in scope"));
        }
    } else if !scope.whole_organization && lists.iter().all(|(_, list)| list.is_empty()) {
        problems.push(Problem::new(field, "names nothing that is in scope"));
    }
}

fn check_list(field: &str, list: &[String], problems: &mut Vec<Problem>) {
    if list.len() > LONGEST_LIST {
        return problems.push(Problem::new(field, format!("has more than {LONGEST_LIST} entries")));
    }
    let mut seen = HashSet::new();
    for (position, entry) in list.iter().enumerate() {
        check_text(&format!("{field}[{position}]"), entry, problems);
        if !seen.insert(entry) {
            problems.push(Problem::new(format!("{field}[{position}]"), "is here twice"));
        }
    }
}

fn check_text(field: &str, text: &str, problems: &mut Vec<Problem>) {
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT {
        problems.push(Problem::new(field, format!("is 1 to {LONGEST_TEXT} characters and not blank")));
    }
}
