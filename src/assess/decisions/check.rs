//! What a decision has to say to be taken: every broken rule is named with its field.

use super::{
    ApplicabilityBody, AttestationBody, BindingBody, ControlBody, DecisionBody, Decisions, DeterminationBody,
    DeterminationResult, DeviationBody, FindingBody, FindingClosureBody, GovernedProcessBody, RelationBody,
    RelaxationBody, ScopeBody,
};
use crate::assess::{ControlNeed, contradiction};
use crate::error::{Problem, did_you_mean};
use crate::indicators::{Catalogue, Expression};
use crate::model::{Body, Record, RecordId, RecordKind, System, TicketType, Timestamp};
use crate::standards::{Requirement, RequirementId, RequirementKind, Standards};
use std::collections::{BTreeMap, BTreeSet};

/// The most characters of a text.
const LONGEST: usize = 4_000;
/// The most entries of a list.
const MOST: usize = 1_000;

/// What a decision is checked against.
pub struct Setting<'a> {
    /// The requirements.
    pub standards: &'a Standards,
    /// The indicators in use.
    pub indicators: &'a Catalogue,
    /// The records it names, as far as its author may know of them.
    pub records: &'a BTreeMap<RecordId, Record>,
    /// What is in force when it is made.
    pub in_force: &'a Decisions,
    /// What needs the controls it excludes.
    pub needs: &'a BTreeMap<String, Vec<ControlNeed>>,
    /// When it is made.
    pub at: Timestamp,
}

/// The times and the reason that come with every decision.
pub struct Terms<'a> {
    /// Why.
    pub reason: &'a str,
    /// From when on, if not now.
    pub effective_at: Option<Timestamp>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// Everything that is wrong with a decision that is about to be made.
pub fn check(body: &DecisionBody, terms: &Terms<'_>, setting: &Setting<'_>) -> Vec<Problem> {
    let mut check = Check { setting, problems: Vec::new() };
    check.text("reason", terms.reason);
    check.times(body, terms);
    match body {
        DecisionBody::Attestation(body) => check.attestation(body),
        DecisionBody::Finding(body) => check.finding(body),
        DecisionBody::FindingClosure(body) => check.closure(body),
        DecisionBody::Determination(body) => check.determination(body),
        DecisionBody::Deviation(body) => check.deviation(body),
        DecisionBody::Relation(body) => check.relation(body),
        DecisionBody::Binding(body) => check.binding(body),
        DecisionBody::GovernedProcess(body) => check.governed(body),
        DecisionBody::Applicability(body) => check.applicability(body),
        DecisionBody::Relaxation(body) => check.relaxation(body),
        DecisionBody::Scope(body) => check.scope(body),
    }
    check.problems
}

struct Check<'a> {
    setting: &'a Setting<'a>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn refuse(&mut self, place: impl Into<String>, rule: impl Into<String>) {
        self.problems.push(Problem::new(place, rule));
    }

    fn text(&mut self, place: &str, text: &str) {
        if text.trim().is_empty() {
            self.refuse(place, "has to say something");
        } else if text.chars().count() > LONGEST {
            self.refuse(place, format!("has up to {LONGEST} characters"));
        }
    }

    fn times(&mut self, body: &DecisionBody, terms: &Terms<'_>) {
        let at = self.setting.at;
        if terms.effective_at.is_some_and(|effective| effective < at) {
            self.refuse("effective_at", "is in the past: what was concluded then is not rewritten");
        }
        let start = terms.effective_at.unwrap_or(at);
        let needed = match body {
            DecisionBody::Attestation(_) | DecisionBody::Deviation(_) => Some("has to expire"),
            DecisionBody::Determination(body) if body.result == DeterminationResult::None => {
                Some("`none` has to expire: it leaves a concern, not a settled matter")
            }
            _ => None,
        };
        let endless = match body {
            DecisionBody::Finding(_) => Some("a finding ends by being closed, not by a date"),
            DecisionBody::FindingClosure(_) => Some("what is closed stays closed"),
            DecisionBody::Applicability(_) => Some("a declaration holds until another takes its place"),
            DecisionBody::Determination(body) if body.result != DeterminationResult::None => {
                Some("a nonconformity ends by its finding being closed, not by a date")
            }
            _ => None,
        };
        match (terms.expires_at, needed, endless) {
            (None, Some(rule), _) | (Some(_), _, Some(rule)) => self.refuse("expires_at", rule),
            (Some(expires), ..) if expires <= start => {
                self.refuse("expires_at", format!("{expires} is over before it begins, {start}"));
            }
            _ => {}
        }
    }

    fn requirement(&mut self, place: &str, id: &RequirementId) -> Option<&'a Requirement> {
        match self.setting.standards.find(id.edition(), id.number()) {
            Ok(node) if node.normative => Some(node),
            Ok(node) => {
                self.refuse(place, format!("{} asks for nothing", node.id));
                None
            }
            Err(error) => {
                self.refuse(place, error.to_string());
                None
            }
        }
    }

    fn record(&mut self, place: &str, id: RecordId, kind: Option<RecordKind>) -> Option<&'a Record> {
        match self.setting.records.get(&id) {
            Some(record) if kind.is_none_or(|kind| record.body.kind() == kind) => Some(record),
            Some(record) => {
                let wanted = kind.map_or("record", RecordKind::as_str);
                self.refuse(place, format!("{id} is a {}, not a {wanted}", record.body.kind()));
                None
            }
            None => {
                self.refuse(place, format!("there is no record {id}"));
                None
            }
        }
    }

    fn indicator(&mut self, place: &str, id: &str) -> Option<&'a crate::indicators::Definition> {
        let found = self.setting.indicators.get(id);
        if found.is_none() {
            let ids = self.setting.indicators.definitions().iter().map(|definition| definition.id.as_str());
            let near = did_you_mean(id, ids);
            self.refuse(place, format!("there is no indicator `{id}` in use{near}"));
        }
        found
    }

    fn length(&mut self, place: &str, length: usize) {
        if length > MOST {
            self.refuse(place, format!("has up to {MOST} entries"));
        }
    }

    fn ticket(&mut self, place: &str, id: Option<RecordId>) {
        let Some(record) = id.and_then(|id| self.record(place, id, Some(RecordKind::Ticket))) else { return };
        if let Body::Ticket(ticket) = &record.body
            && ticket.r#type.get() != Some(&TicketType::Nonconformity)
        {
            self.refuse(place, "has to be a nonconformity ticket");
        }
    }

    fn attestation(&mut self, body: &AttestationBody) {
        let node = body.requirement.as_ref().and_then(|id| self.requirement("body.requirement", id));
        if let Some(topic) = &body.topic {
            let ids = self.setting.standards.topics().iter().map(|topic| topic.id.as_str());
            if self.setting.standards.topic(topic).is_none() {
                let near = did_you_mean(topic, ids);
                self.refuse("body.topic", format!("there is no topic `{topic}`{near}"));
            } else if let Some(node) = node.filter(|node| !node.topics.contains(topic)) {
                self.refuse("body.topic", format!("{} does not ask for `{topic}`", node.id));
            }
        } else if body.requirement.is_none() {
            self.refuse("body.requirement", "an attestation speaks of a requirement, a topic, or both");
        }
        self.text("body.statement", &body.statement);
        if body.evidence.is_empty() && body.links.is_empty() {
            self.refuse("body.evidence", "an attestation links its evidence: records, or `links` to what is none");
        }
        self.length("body.evidence", body.evidence.len());
        self.length("body.links", body.links.len());
        for (position, id) in body.evidence.iter().enumerate().take(MOST) {
            self.record(&format!("body.evidence[{position}]"), *id, None);
        }
        for (position, link) in body.links.iter().enumerate().take(MOST) {
            if !["https://", "http://"].iter().any(|scheme| link.starts_with(scheme)) || link.chars().count() > LONGEST
            {
                self.refuse(format!("body.links[{position}]"), "is no link that starts with https:// or http://");
            }
        }
    }

    fn finding(&mut self, body: &FindingBody) {
        self.requirement("body.requirement", &body.requirement);
        self.text("body.title", &body.title);
        self.ticket("body.ticket", body.ticket);
    }

    fn closure(&mut self, body: &FindingClosureBody) {
        self.text("body.verification", &body.verification);
        if body.effectiveness_verified_at > self.setting.at {
            self.refuse("body.effectiveness_verified_at", "is in the future");
        }
        match (&body.finding, &body.requirement, body.ticket) {
            (Some(id), None, None) => {
                if !self.setting.in_force.findings.iter().any(|finding| finding.id == *id) {
                    self.refuse("body.finding", format!("no open finding was opened by a decision `{id}`"));
                }
            }
            (None, Some(requirement), Some(ticket)) => {
                self.requirement("body.requirement", requirement);
                self.ticket("body.ticket", Some(ticket));
            }
            _ => self.refuse("body.finding", "name the decision that opened it, or else requirement and ticket"),
        }
    }

    fn determination(&mut self, body: &DeterminationBody) {
        self.requirement("body.requirement", &body.requirement);
        self.ticket("body.ticket", body.ticket);
        if body.ticket.is_some() && body.result == DeterminationResult::None {
            self.refuse("body.ticket", "there is nothing to handle where there is no nonconformity");
        }
        let Some(covers) = &body.covers else { return };
        for (id, records) in &covers.indicators {
            let place = format!("body.covers.indicators.{id}");
            self.indicator(&place, id);
            self.length(&place, records.len());
            for record in records.iter().take(MOST) {
                self.record(&place, *record, None);
            }
        }
        let known = &self.setting.in_force.attestations;
        let unknown = covers.attestations.iter().filter(|id| known.iter().all(|attestation| attestation.id != **id));
        for id in unknown.cloned().collect::<Vec<_>>() {
            self.refuse("body.covers.attestations", format!("there is no attestation `{id}` in force"));
        }
        let nothing = covers.indicators.is_empty() && covers.attestations.is_empty() && covers.circumstances.is_empty();
        if nothing {
            let rule =
                format!("nothing speaks against {} itself now: a finding records what was found", body.requirement);
            self.refuse("body.covers", rule);
        }
    }

    fn deviation(&mut self, body: &DeviationBody) {
        if body.waives.is_empty() {
            self.refuse("body.waives", "names at least one record and the indicator it may fail");
        }
        self.length("body.waives", body.waives.len());
        let mut seen = BTreeSet::new();
        for (position, waiver) in body.waives.iter().enumerate().take(MOST) {
            let place = format!("body.waives[{position}]");
            if !seen.insert(waiver) {
                self.refuse(&place, "is there twice");
            }
            let definition = self.indicator(&format!("{place}.indicator"), &waiver.indicator);
            self.record(&format!("{place}.record"), waiver.record, definition.map(|definition| definition.record));
        }
    }

    fn relation(&mut self, body: &RelationBody) {
        let from = self.requirement("body.from", &body.from);
        let to = self.requirement("body.to", &body.to);
        if from.is_some() && to.is_some() {
            let declared = &self.setting.in_force.relations;
            let found = contradiction(self.setting.standards, declared, &body.from, body.relation, &body.to);
            if let Some(rule) = found {
                self.refuse("body.relation", rule);
            }
        }
    }

    fn binding(&mut self, body: &BindingBody) {
        if let Some(node) = self.requirement("body.requirement", &body.requirement)
            && !node.topics.is_empty()
        {
            self.refuse("body.requirement", format!("{} has topics: evidence reaches it through them", node.id));
        }
        if body.indicators.is_empty() && body.documents.is_empty() {
            self.refuse("body.indicators", "binds at least one indicator or document");
        }
        self.length("body.indicators", body.indicators.len());
        self.length("body.documents", body.documents.len());
        for (position, id) in body.indicators.iter().enumerate().take(MOST) {
            self.indicator(&format!("body.indicators[{position}]"), id);
        }
        for (position, id) in body.documents.iter().enumerate().take(MOST) {
            self.record(&format!("body.documents[{position}]"), *id, Some(RecordKind::Document));
        }
    }

    fn governed(&mut self, body: &GovernedProcessBody) {
        if let Some(node) = self.requirement("body.requirement", &body.requirement) {
            let system = self.setting.standards.edition(node.id.edition()).map(|edition| edition.system);
            let top = node.number.split('.').next().and_then(|top| top.parse::<u32>().ok());
            if system != Some(System::Sms) || !top.is_some_and(|top| (5..=9).contains(&top)) {
                let rule = "other parties may run processes of clauses 5 to 9 of ISO/IEC 20000-1; clause 4 needs the \
                            provider's own evidence (1.2)";
                self.refuse("body.requirement", rule);
            }
        }
        self.record("body.party", body.party, Some(RecordKind::Party));
        let agreement = self.record("body.agreement", body.agreement, Some(RecordKind::Agreement));
        if let Some(Body::Agreement(agreement)) = agreement.map(|record| &record.body)
            && agreement.parties.get().is_some_and(|parties| parties.iter().all(|party| party.id != body.party))
        {
            self.refuse("body.agreement", "is with somebody else");
        }
    }

    fn applicability(&mut self, body: &ApplicabilityBody) {
        if body.controls.is_empty() {
            self.refuse("body.controls", "declares at least one control");
        }
        self.length("body.controls", body.controls.len());
        let mut seen = BTreeSet::new();
        for (position, control) in body.controls.iter().enumerate().take(MOST) {
            let place = format!("body.controls[{position}]");
            if !seen.insert(&control.control) {
                self.refuse(format!("{place}.control"), "is there twice");
            }
            self.control(&place, control);
        }
    }

    fn control(&mut self, place: &str, control: &ControlBody) {
        self.text(&format!("{place}.justification"), &control.justification);
        let title = format!("{place}.title");
        match self.setting.standards.requirement(&id_of(&control.control)) {
            Some(node) if node.kind != RequirementKind::Control => {
                let rule = format!("{} is no control: clauses cannot be excluded", node.id);
                self.refuse(format!("{place}.control"), rule);
            }
            Some(_) if control.title.is_some() => self.refuse(title, "Annex A gives the title"),
            Some(_) => {}
            None if self.setting.standards.edition(id_of(&control.control).edition()).is_some() => {
                self.refuse(format!("{place}.control"), format!("there is no control {}", control.control));
            }
            None => self.text(&title, control.title.as_deref().unwrap_or_default()),
        }
        let plan = format!("{place}.planned_until");
        match (control.applicable, control.implemented, control.planned_until) {
            (false, true, _) => {
                self.refuse(format!("{place}.implemented"), "what is excluded is not implemented: include it");
            }
            (false, _, Some(_)) | (true, true, Some(_)) => self.refuse(plan, "there is nothing left to plan"),
            (true, false, None) => self.refuse(plan, "says until when an applicable control will be implemented"),
            _ => {}
        }
        let acknowledged = control.acknowledgement.as_deref().is_some_and(|text| !text.trim().is_empty());
        let needs = self.setting.needs.get(&control.control).filter(|needs| !needs.is_empty());
        if let Some(needs) = needs.filter(|_| !control.applicable && !acknowledged) {
            let mut names: Vec<String> = needs.iter().map(name_of).take(5).collect();
            if needs.len() > names.len() {
                names.push(format!("{} more", needs.len() - names.len()));
            }
            let rule = format!("is needed by {}: include it, or say why it is excluded all the same", names.join(", "));
            self.refuse(format!("{place}.acknowledgement"), rule);
        }
    }

    fn relaxation(&mut self, body: &RelaxationBody) {
        let Some(definition) = self.indicator("body.indicator", &body.indicator) else { return };
        if !definition.relaxed {
            self.refuse("body.indicator", "demands no less than the definition that comes with the program");
        } else if definition.version != body.version {
            self.refuse("body.version", format!("the definition in use is version {}", definition.version));
        }
    }

    fn scope(&mut self, body: &ScopeBody) {
        use super::ScopeKind;
        self.length("body.include", body.include.len());
        self.length("body.exclude", body.exclude.len());
        let included = body.include.iter().map(|rule| ("include", rule.of, &rule.when, None));
        let excluded = body.exclude.iter().map(|rule| ("exclude", rule.of, &rule.when, Some(&rule.justification)));
        let (included, excluded): (Vec<_>, Vec<_>) = (included.take(MOST).collect(), excluded.take(MOST).collect());
        for rules in [included, excluded] {
            for (position, (list, of, when, justification)) in rules.into_iter().enumerate() {
                let place = format!("body.{list}[{position}]");
                if let Some(justification) = justification {
                    self.text(&format!("{place}.justification"), justification);
                }
                let kind = match of {
                    ScopeKind::Service => RecordKind::Service,
                    ScopeKind::ConfigurationItem => RecordKind::ConfigurationItem,
                    ScopeKind::Site | ScopeKind::Unit => {
                        self.text(&format!("{place}.when"), when);
                        continue;
                    }
                };
                for problem in Expression::compile(when, kind).err().into_iter().flatten() {
                    self.refuse(format!("{place}.when {}", problem.place), problem.rule);
                }
            }
        }
    }
}

fn id_of(control: &str) -> RequirementId {
    let (edition, number) = control.split_once('/').unwrap_or(("", control));
    RequirementId::new(edition, number)
}

fn name_of(need: &ControlNeed) -> String {
    match &need.requirement {
        Some(requirement) => format!("{requirement} through `{}`", need.through),
        None => format!("{} {}", need.by, need.through),
    }
}
