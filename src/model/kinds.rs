//! The record kinds and all their fields: the one catalogue that mappings, the store, expressions, filters and the
//! OpenAPI document share. A field added here exists everywhere.

use super::{Field, FieldDef, FieldType, FieldValue, List, Ranged, Reference, RelationType, Timestamp, Value, names};
use crate::error::{Problem, did_you_mean};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{self, ObjectBuilder, RefOr, schema::Schema},
};

macro_rules! kinds {
    ($(
        $(#[doc = $kdoc:literal])+
        $Kind:ident = $name:literal {
            $($(#[doc = $doc:literal])+ $field:ident: $type:ty $(as $field_type:expr)?,)+
        }
    )+) => {
        names! {
            /// What a record is.
            pub enum RecordKind { $($(#[doc = $kdoc])+ $Kind = $name,)+ }
        }

        $(
            $(#[doc = $kdoc])+
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Kind {
                $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Field::is_unsupplied")] pub $field: Field<$type>,)+
            }

            impl $Kind {
                /// The fields of this kind, in order.
                pub const FIELDS: &'static [FieldDef] = &[$(FieldDef {
                    name: unraw(stringify!($field)),
                    doc: trimmed(concat!($($doc),+)),
                    field_type: kinds!(@type $type $(, $field_type)?),
                },)+];

                fn value(&self, position: usize) -> Value<'_> {
                    let getters: &[fn(&Self) -> Value<'_>] = &[$(|kind| kind.$field.value()),+];
                    getters.get(position).map_or(Value::Unsupplied, |getter| getter(self))
                }
            }

            impl PartialSchema for $Kind {
                fn schema() -> RefOr<Schema> {
                    object_schema(concat!($($kdoc),+), Self::FIELDS)
                }
            }

            impl ToSchema for $Kind {
                fn name() -> Cow<'static, str> {
                    stringify!($Kind).into()
                }
                fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                    for (name, schema) in
                        [(Reference::name(), Reference::schema()), (Certificate::name(), Certificate::schema())]
                    {
                        schemas.push((name.into_owned(), schema));
                    }
                    Reference::schemas(schemas);
                    Certificate::schemas(schemas);
                }
            }
        )+

        /// A record's kind and fields.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "fields")]
        #[expect(clippy::large_enum_variant, reason = "most records are tickets, the largest")]
        pub enum Body {
            $($(#[doc = $kdoc])+ #[serde(rename = $name)] $Kind($Kind),)+
        }

        impl PartialSchema for Body {
            fn schema() -> RefOr<Schema> {
                let one_of = openapi::OneOfBuilder::new().description(Some("A record's kind and fields."));
                one_of$(.item(body_schema($name, stringify!($Kind))))+.into()
            }
        }

        impl ToSchema for Body {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    schemas.push((stringify!($Kind).into(), $Kind::schema()));
                    $Kind::schemas(schemas);
                )+
            }
        }

        impl RecordKind {
            /// The fields of this kind, in order.
            pub const fn fields(self) -> &'static [FieldDef] {
                match self { $(Self::$Kind => $Kind::FIELDS,)+ }
            }
        }

        impl Body {
            /// The kind of the record.
            pub const fn kind(&self) -> RecordKind {
                match self { $(Self::$Kind(_) => RecordKind::$Kind,)+ }
            }

            /// The field at this position of `RecordKind::fields`.
            pub fn value(&self, position: usize) -> Value<'_> {
                match self { $(Self::$Kind(fields) => fields.value(position),)+ }
            }

            /// Reads the fields of a kind from JSON; the problem names the field and the rule.
            pub fn from_json(kind: RecordKind, fields: serde_json::Value) -> Result<Self, Problem> {
                match kind { $(RecordKind::$Kind => read(kind, fields).map(Self::$Kind),)+ }
            }

            /// The fields alone, as JSON.
            pub fn to_json(&self) -> serde_json::Result<String> {
                match self { $(Self::$Kind(fields) => serde_json::to_string(fields),)+ }
            }

            /// Reads what `to_json` wrote.
            pub fn from_text(kind: RecordKind, fields: &str) -> serde_json::Result<Self> {
                match kind { $(RecordKind::$Kind => serde_json::from_str(fields).map(Self::$Kind),)+ }
            }
        }
    };
    (@type $type:ty) => { <$type as FieldValue>::TYPE };
    (@type $type:ty, $field_type:expr) => { $field_type };
}

const PARTY: FieldType = FieldType::Reference(RecordKind::Party);
const PARTIES: FieldType = FieldType::ReferenceList(RecordKind::Party);
const SERVICE: FieldType = FieldType::Reference(RecordKind::Service);
const SERVICES: FieldType = FieldType::ReferenceList(RecordKind::Service);
const ITEMS: FieldType = FieldType::ReferenceList(RecordKind::ConfigurationItem);

/// A rating on the scale 0 (none) to 3 (very high).
pub type Rating = Ranged<0, 3>;
/// A priority, impact or urgency: 1 is the most pressing of 4.
pub type Pressing = Ranged<1, 4>;
/// A degree from 1 (lowest) to 5 (highest).
pub type Degree = Ranged<1, 5>;
/// An accepted level of residual risk, on the scale 0 to 100 of supplier risk.
pub type AcceptedRisk = Ranged<0, 100>;

kinds! {
    /// An element controlled in order to deliver a service.
    ConfigurationItem = "configuration_item" {
        /// What it is called.
        name: String,
        /// Its class in the source, such as `server` or `database`.
        class: String,
        /// Its life-cycle status in the source.
        status: String,
        /// Where it runs.
        environment: Environment,
        /// Where it is, physically or by region.
        site: String,
        /// The organisational unit it belongs to.
        unit: String,
        /// The person or role accountable for it.
        owner: String,
        /// How much depends on it: 1 (little) to 4 (vital).
        criticality: Pressing,
        /// Need for confidentiality: 0 (none) to 3 (very high).
        confidentiality: Rating,
        /// Need for integrity: 0 (none) to 3 (very high).
        integrity: Rating,
        /// Need for availability: 0 (none) to 3 (very high).
        availability: Rating,
        /// The version installed.
        version: String,
        /// The version its baseline prescribes.
        baseline_version: String,
        /// When it was last compared with reality.
        last_verified_at: Timestamp,
        /// When it was last looked at who may reach and change it.
        access_reviewed_at: Timestamp,
        /// First instant its maker no longer supports it; empty if no end is announced.
        support_ends_at: Timestamp,
        /// The controls it carries out or that protect it, as `edition/number`.
        controls: Vec<String>,
        /// What it counts as (ISO/IEC 27013, 6.2.1); several may hold.
        labels: Vec<Label>,
        /// Why it rightly stands in the CMDB alone, or in the asset inventory alone.
        inventory_exception: String,
    }

    /// What customers receive.
    Service = "service" {
        /// What it is called.
        name: String,
        /// The person or role accountable for it.
        owner: String,
        /// How much depends on it: 1 (little) to 4 (vital).
        criticality: Pressing,
        /// Where it is in its life.
        status: ServiceStatus,
        /// The parties that receive it.
        customers: Vec<Reference> as PARTIES,
        /// Parties that could provide it in place of the present provider; an empty list says there is none.
        substitutes: Vec<Reference> as PARTIES,
        /// When its information security requirements were agreed.
        security_requirements_agreed_at: Timestamp,
        /// When it met its acceptance criteria and was taken into live use.
        accepted_at: Timestamp,
        /// When its removal was planned, with what becomes of its data.
        removal_planned_at: Timestamp,
    }

    /// An organisation or unit the service provider deals with.
    Party = "party" {
        /// What it is called.
        name: String,
        /// What it is to the service provider (ISO/IEC 20000-1, 6.1, 7.1, 7.2).
        role: PartyRole,
        /// The person or role accountable for the relationship.
        owner: String,
        /// The law it is under, as an ISO 3166-1 alpha-2 code.
        jurisdiction: String,
        /// For a sub-contracted supplier, the lead supplier it works for.
        lead_supplier: Reference as PARTY,
        /// Since when it supplies.
        first_supply_at: Timestamp,
        /// The certificates it holds.
        certificates: Vec<Certificate>,
        /// When its performance was last reviewed.
        last_review: Timestamp,
        /// The residual risk to confidentiality it accepts, 0 to 100.
        accepts_confidentiality_risk: AcceptedRisk,
        /// The residual risk to integrity it accepts, 0 to 100.
        accepts_integrity_risk: AcceptedRisk,
        /// The residual risk to availability it accepts, 0 to 100.
        accepts_availability_risk: AcceptedRisk,
    }

    /// A contract or documented agreement between parties; the services it covers are its `covers` relations.
    Agreement = "agreement" {
        /// What it is called.
        title: String,
        /// Which sort of agreement it is.
        r#type: AgreementType,
        /// Who agreed, besides the service provider.
        parties: Vec<Reference> as PARTIES,
        /// The person or role accountable for it.
        owner: String,
        /// First day in force.
        starts_at: Timestamp,
        /// First instant no longer in force; empty for an agreement without end.
        ends_at: Timestamp,
        /// The targets agreed, in words.
        targets: Vec<String>,
        /// True if it states the other party's information security obligations.
        security_obligations: bool,
        /// True if it gives a right to audit.
        right_to_audit: bool,
        /// True if it states who collects evidence of incidents, and how.
        evidence_terms: bool,
        /// True if it states restoration times.
        restoration_terms: bool,
        /// True if it states what happens at its end.
        termination_terms: bool,
        /// The sub-contracted suppliers it names.
        subcontractors: Vec<Reference> as PARTIES,
        /// The controls it asks for, as `edition/number` or a number of Annex A.
        controls: Vec<String>,
        /// When it was last reviewed.
        last_review: Timestamp,
    }

    /// A piece of work or an occurrence recorded in a service management tool.
    Ticket = "ticket" {
        /// What it is about, in a line.
        title: String,
        /// What sort of ticket it is.
        r#type: TicketType,
        /// How soon: 1 (critical) to 4 (low).
        priority: Pressing,
        /// How much is affected: 1 (most) to 4.
        impact: Pressing,
        /// How pressing: 1 (most) to 4.
        urgency: Pressing,
        /// Where it is in its life.
        state: TicketState,
        /// Its category in the source.
        category: String,
        /// The person or group it is assigned to.
        assignee: String,
        /// The person or role accountable for it, as for an improvement.
        owner: String,
        /// The party it concerns: who complains, who is reviewed.
        party: Reference as PARTY,
        /// The party that caused it, where that was established.
        cause_party: Reference as PARTY,
        /// The management systems it belongs to; empty or absent means both.
        systems: Vec<System>,
        /// When it was opened.
        opened_at: Timestamp,
        /// When it was resolved.
        resolved_at: Timestamp,
        /// When the service was restored.
        restored_at: Timestamp,
        /// When the service has to be restored at the latest, by its service level target.
        restoration_due_at: Timestamp,
        /// When it was closed.
        closed_at: Timestamp,
        /// True if a service level target was missed.
        sla_breached: bool,
        /// Incident: true if declared a major incident.
        major: bool,
        /// Incident: when it was declared a major incident.
        declared_at: Timestamp,
        /// Incident: why it was declared a major incident.
        declared_reason: MajorReason,
        /// Incident: who led the major incident.
        manager: String,
        /// Incident: when top management was informed.
        management_informed_at: Timestamp,
        /// Incident: when the customers concerned were informed.
        customers_informed_at: Timestamp,
        /// Incident or event: the outcome of classification (ISO/IEC 27013, 6.2.5). A person's decision goes before
        /// what the source says, a rule fills in for it; indicators read the class that counts.
        security_class: SecurityClass,
        /// Incident: whether evidence is to be preserved.
        evidence_decision: EvidenceDecision,
        /// Incident: when collecting evidence began.
        evidence_started_at: Timestamp,
        /// Incident: when the evidence was collected.
        evidence_collected_at: Timestamp,
        /// Incident: who waived collecting evidence.
        evidence_waived_by: String,
        /// Incident: true if known to a smaller group only.
        restricted: bool,
        /// Restricted incident: who may know of it.
        need_to_know: Vec<String>,
        /// Incident: true if law or contract demands that somebody is notified.
        notification_required: bool,
        /// Incident: when they were notified.
        notified_at: Timestamp,
        /// Change or release: true if made under the emergency procedure.
        emergency: bool,
        /// Change or release: who approved it.
        approved_by: String,
        /// Change or release: when it was approved.
        approved_at: Timestamp,
        /// Change or release: when its effect on information security was assessed.
        security_assessed_at: Timestamp,
        /// Change: the controls its security assessment looked at, as `edition/number`.
        controls_assessed: Vec<String>,
        /// Change: how likely harm to what it touches was found to be before it: 1 to 5.
        likelihood_before: Degree,
        /// Change: how likely harm to what it touches is found to be after it: 1 to 5.
        likelihood_after: Degree,
        /// Release: when acceptance testing ended.
        tested_at: Timestamp,
        /// Release: true if it was tested in an environment separate from the live one.
        separate_test_environment: bool,
        /// Release: true if the data it was tested with was protected or made anonymous.
        test_data_protected: bool,
        /// Change or release: true if there was a tested way back.
        back_out_plan: bool,
        /// When it was reviewed after the fact.
        reviewed_at: Timestamp,
        /// Change or release: how it ended.
        outcome: ChangeOutcome,
        /// Problem or nonconformity: the cause found.
        root_cause: String,
        /// Problem: how its effects are reduced until then.
        workaround: String,
        /// Audit, review: where the report is.
        report: String,
        /// Test of a plan: true if information security was checked while the plan ran.
        security_checked: bool,
        /// Audit: who audited.
        auditor: String,
        /// Audit: who is accountable for what was audited.
        audited_owner: String,
        /// Nonconformity: the requirement not fulfilled, as `edition/number`.
        requirement: String,
        /// Nonconformity: how a named person graded it.
        grade: Grade,
        /// Nonconformity: when the corrective action was found to be effective.
        effectiveness_verified_at: Timestamp,
    }

    /// A risk to information security, to services, or to both.
    Risk = "risk" {
        /// What may happen.
        title: String,
        /// Which management system's criteria apply (ISO/IEC 27013, 6.2.3).
        domain: RiskDomain,
        /// The risk owner.
        owner: String,
        /// How likely: 1 to 5.
        likelihood: Degree,
        /// How bad: 1 to 5.
        impact: Degree,
        /// What is done about it.
        treatment: RiskTreatment,
        /// Where it is in its life.
        status: RiskStatus,
        /// When it was last assessed.
        assessed_at: Timestamp,
        /// When the treatment plan is due.
        treatment_due_at: Timestamp,
        /// The risk left after treatment: 1 to 5.
        residual_level: Degree,
        /// When the risk owner accepted the residual risk.
        owner_accepted_at: Timestamp,
        /// When the authority the service acceptance criteria name accepted it.
        service_authority_accepted_at: Timestamp,
        /// The method it was assessed by.
        method: RiskMethod,
        /// The services it concerns.
        services: Vec<Reference> as SERVICES,
        /// The configuration items it concerns.
        items: Vec<Reference> as ITEMS,
        /// The customer it concerns, where it is one customer's.
        customer: Reference as PARTY,
        /// True if service level agreement or continuity plan leave its acceptance to the customer.
        customer_acceptance_required: bool,
        /// When the customer accepted the residual risk.
        customer_accepted_at: Timestamp,
        /// The controls its treatment needs, as `edition/number`.
        controls: Vec<String>,
    }

    /// Documented information: what is intended. Not a "record" in the sense of ISO/IEC 20000-1, 3.22.
    Document = "document" {
        /// What it is called.
        title: String,
        /// Which sort of document it is.
        r#type: DocumentType,
        /// Its version.
        version: String,
        /// Where it is in its life.
        status: DocumentStatus,
        /// The person or role accountable for it.
        owner: String,
        /// Who approved it.
        approved_by: String,
        /// When this version was approved.
        approved_at: Timestamp,
        /// When it is due for review.
        next_review: Timestamp,
        /// The topics it serves, by id.
        topics: Vec<String>,
    }

    /// A measured value beside its target.
    Measurement = "measurement" {
        /// The service measured.
        service: Reference as SERVICE,
        /// The party measured.
        party: Reference as PARTY,
        /// What is measured.
        metric: String,
        /// What the metric tells about.
        aspect: Aspect,
        /// The unit of target and actual.
        unit: String,
        /// Which side of the target is good.
        direction: Direction,
        /// Start of the period.
        period_start: Timestamp,
        /// End of the period.
        period_end: Timestamp,
        /// The value aimed at.
        target: f64,
        /// The value measured.
        actual: f64,
    }

    /// Who holds a role, and whether they are competent for it.
    Assignment = "assignment" {
        /// The role.
        role: String,
        /// Who holds it.
        holder: String,
        /// Who stands in for the holder.
        deputy: String,
        /// The competence it requires, in words.
        competence_required: String,
        /// When that competence was evidenced.
        evidenced_at: Timestamp,
        /// When the evidence expires.
        expires_at: Timestamp,
        /// When the holder last took part in awareness training.
        made_aware_at: Timestamp,
    }

    /// A typed edge that a source keeps as a record of its own.
    Relation = "relation" {
        /// What the edge means, read from `from` to `to`.
        r#type: RelationType,
        /// The record the edge starts from.
        from: Reference,
        /// The record the edge points to.
        to: Reference,
    }
}

/// A certificate a party holds, what it covers and until when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The standard certified against, such as `ISO/IEC 27001:2013`.
    pub standard: String,
    /// The scope in words.
    pub scope: String,
    /// The services inside the scope; one that is not listed is not covered.
    pub services: Vec<Reference>,
    /// First instant it no longer holds.
    pub expires_at: Timestamp,
}

impl List for Vec<Certificate> {
    fn len(&self) -> usize {
        self.len()
    }
    fn contains(&self, text: &str) -> bool {
        self.iter().any(|certificate| certificate.standard == text)
    }
}

impl FieldValue for Vec<Certificate> {
    const TYPE: FieldType = FieldType::Certificates;
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

macro_rules! field_names {
    ($($Name:ident),+) => {$(
        impl FieldValue for $Name {
            const TYPE: FieldType = FieldType::Name(Self::NAMES);
            fn value(&self) -> Value<'_> {
                Value::Text(self.as_str())
            }
        }

        impl List for Vec<$Name> {
            fn len(&self) -> usize {
                self.len()
            }
            fn contains(&self, text: &str) -> bool {
                self.iter().any(|name| name.as_str() == text)
            }
        }

        impl FieldValue for Vec<$Name> {
            const TYPE: FieldType = FieldType::NameList($Name::NAMES);
            fn value(&self) -> Value<'_> {
                Value::List(self)
            }
        }
    )+};
}

field_names!(
    Environment,
    Label,
    ServiceStatus,
    PartyRole,
    AgreementType,
    TicketType,
    TicketState,
    System,
    SecurityClass,
    EvidenceDecision,
    MajorReason,
    ChangeOutcome,
    Grade,
    RiskDomain,
    RiskTreatment,
    RiskStatus,
    RiskMethod,
    DocumentType,
    DocumentStatus,
    Direction,
    Aspect,
    RelationType
);

names! {
    /// Where a configuration item runs.
    pub enum Environment {
        Live = "live",
        Test = "test",
        Development = "development",
    }
}

names! {
    /// What an asset counts as (ISO/IEC 27013, 6.2.1).
    pub enum Label {
        /// A configuration item of ISO/IEC 20000-1.
        Ci = "ci",
        /// An information asset of ISO/IEC 27001.
        Information = "information",
        /// An asset with a monetary value.
        Financial = "financial",
    }
}

names! {
    /// Where a service is in its life.
    pub enum ServiceStatus {
        Planned = "planned",
        Live = "live",
        Closing = "closing",
        Closed = "closed",
    }
}

names! {
    /// What a party is to the service provider.
    pub enum PartyRole {
        /// ISO/IEC 20000-1, 7.2.
        Supplier = "supplier",
        /// ISO/IEC 20000-1, 6.1 and 4.2.
        InternalGroup = "internal_group",
        /// ISO/IEC 20000-1, 7.1.
        Customer = "customer",
        /// ISO/IEC 20000-1, 6.1 and 4.2.
        CustomerActingAsSupplier = "customer_acting_as_supplier",
    }
}

names! {
    /// Which sort of agreement it is.
    pub enum AgreementType {
        Contract = "contract",
        /// Service level agreement with a customer.
        Sla = "sla",
        /// Documented agreement with an internal group or a customer acting as supplier.
        Ola = "ola",
    }
}

names! {
    /// What sort of ticket it is.
    pub enum TicketType {
        Incident = "incident",
        Event = "event",
        ServiceRequest = "service_request",
        Problem = "problem",
        Change = "change",
        Release = "release",
        Nonconformity = "nonconformity",
        Complaint = "complaint",
        Review = "review",
        Audit = "audit",
        ManagementReview = "management_review",
        Improvement = "improvement",
        Test = "test",
    }
}

names! {
    /// Where a ticket is in its life.
    pub enum TicketState {
        Open = "open",
        InProgress = "in_progress",
        Waiting = "waiting",
        Resolved = "resolved",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

names! {
    /// A management system.
    pub enum System {
        /// The information security management system of ISO/IEC 27001.
        Isms = "isms",
        /// The service management system of ISO/IEC 20000-1.
        Sms = "sms",
    }
}

names! {
    /// What an incident was classified as.
    pub enum SecurityClass {
        /// A service incident only.
        Service = "service",
        /// An information security incident only.
        Security = "security",
        Both = "both",
        /// Assessed, and no incident.
        Event = "event",
    }
}

names! {
    /// Whether evidence of an incident is to be preserved.
    pub enum EvidenceDecision {
        Needed = "needed",
        NotNeeded = "not_needed",
    }
}

names! {
    /// Why an incident was declared a major incident.
    pub enum MajorReason {
        ServiceImpact = "service_impact",
        SecurityImpact = "security_impact",
        /// To have time for collecting evidence (ISO/IEC 27013, 6.2.5).
        EvidenceDelay = "evidence_delay",
        Other = "other",
    }
}

names! {
    /// How a change or release ended.
    pub enum ChangeOutcome {
        Successful = "successful",
        Failed = "failed",
        BackedOut = "backed_out",
    }
}

names! {
    /// How a named person graded a nonconformity.
    pub enum Grade {
        Minor = "minor",
        Major = "major",
    }
}

names! {
    /// Whose criteria apply to a risk.
    pub enum RiskDomain {
        Security = "security",
        Service = "service",
        Both = "both",
    }
}

names! {
    /// What is done about a risk.
    pub enum RiskTreatment {
        Modify = "modify",
        Avoid = "avoid",
        Share = "share",
        Retain = "retain",
    }
}

names! {
    /// Where a risk is in its life.
    pub enum RiskStatus {
        Identified = "identified",
        Assessed = "assessed",
        Treated = "treated",
        Closed = "closed",
    }
}

names! {
    /// Whose method a risk was assessed by (ISO/IEC 27013, 6.2.3).
    pub enum RiskMethod {
        /// One method for both management systems.
        Common = "common",
        /// The method of the information security management system.
        Security = "security",
        /// The method of the service management system.
        Service = "service",
    }
}

names! {
    /// Which sort of document it is.
    pub enum DocumentType {
        Policy = "policy",
        Procedure = "procedure",
        Plan = "plan",
        Scope = "scope",
        Statement = "statement",
        Catalogue = "catalogue",
        Report = "report",
        Minutes = "minutes",
        Other = "other",
    }
}

names! {
    /// Where a document is in its life.
    pub enum DocumentStatus {
        Draft = "draft",
        InForce = "in_force",
        Withdrawn = "withdrawn",
    }
}

names! {
    /// Which side of a target is good.
    pub enum Direction {
        AtLeast = "at_least",
        AtMost = "at_most",
    }
}

names! {
    /// What a measurement tells about.
    pub enum Aspect {
        Availability = "availability",
        /// Technical or human capacity.
        Capacity = "capacity",
        Response = "response",
        /// A target of information security.
        Security = "security",
        /// How well a control works.
        Control = "control",
        /// An objective of a management system.
        Objective = "objective",
        /// Of customers.
        Satisfaction = "satisfaction",
        Other = "other",
    }
}

/// A field's name without Rust's `r#`.
const fn unraw(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', rest @ ..] => match std::str::from_utf8(rest) {
            Ok(rest) => rest,
            Err(_) => name,
        },
        _ => name,
    }
}

/// A doc comment without its leading space.
const fn trimmed(doc: &'static str) -> &'static str {
    match std::str::from_utf8(doc.as_bytes().trim_ascii()) {
        Ok(doc) => doc,
        Err(_) => doc,
    }
}

fn body_schema(kind: &'static str, fields: &'static str) -> openapi::Object {
    let kind = ObjectBuilder::new().schema_type(openapi::Type::String).enum_values(Some([kind]));
    ObjectBuilder::new()
        .schema_type(openapi::Type::Object)
        .property("kind", kind)
        .required("kind")
        .property("fields", openapi::Ref::from_schema_name(fields))
        .required("fields")
        .build()
}

fn object_schema(doc: &'static str, fields: &'static [FieldDef]) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().schema_type(openapi::Type::Object).description(Some(trimmed(doc)));
    for field in fields {
        let schema = match field.field_type.schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.description = Some(field.doc.into());
                Schema::Object(object).into()
            }
            RefOr::T(Schema::Array(mut array)) => {
                array.description = Some(field.doc.into());
                Schema::Array(array).into()
            }
            RefOr::Ref(mut reference) => {
                reference.description = field.doc.into();
                RefOr::Ref(reference)
            }
            other => other,
        };
        object = object.property(field.name, schema);
    }
    object.into()
}

/// Reads a kind's fields; a broken rule names the field, an unknown one the nearest that exists.
fn read<T: serde::de::DeserializeOwned>(kind: RecordKind, fields: serde_json::Value) -> Result<T, Problem> {
    if let serde_json::Value::Object(map) = &fields {
        let known = || kind.fields().iter().map(|field| field.name);
        if let Some(unknown) = map.keys().find(|key| known().all(|name| name != key.as_str())) {
            return Err(Problem::new(
                unknown.as_str(),
                format!("records of kind {kind} have no such field{}", did_you_mean(unknown, known())),
            ));
        }
    }
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let path = error.path().to_string();
        Problem::new(path, error.into_inner().to_string())
    })
}

impl Body {
    /// True of a ticket that only a smaller group may know.
    pub fn is_restricted(&self) -> bool {
        matches!(self, Self::Ticket(ticket) if ticket.restricted.get() == Some(&true))
    }

    /// What the record is called, where its source says so.
    pub fn name(&self) -> Option<&str> {
        let name = match self {
            Self::ConfigurationItem(fields) => &fields.name,
            Self::Service(fields) => &fields.name,
            Self::Party(fields) => &fields.name,
            Self::Agreement(fields) => &fields.title,
            Self::Ticket(fields) => &fields.title,
            Self::Risk(fields) => &fields.title,
            Self::Document(fields) => &fields.title,
            Self::Measurement(fields) => &fields.metric,
            Self::Assignment(fields) => &fields.role,
            Self::Relation(_) => return None,
        };
        name.get().map(String::as_str)
    }
}
