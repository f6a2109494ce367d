//! The answers: outcomes of records, verdicts of indicators, statuses of requirements and of correspondence rows.

use super::names;

names! {
    /// Who may see what: restricted incidents contribute to the full view only.
    pub enum View {
        General = "general",
        Full = "full",
    }
}

names! {
    /// What an indicator says of one record.
    pub enum Outcome {
        /// The indicator does not apply to the record.
        NotApplicable = "not_applicable",
        Passing = "passing",
        Failing = "failing",
        /// The record's sources do not say enough.
        Unknown = "unknown",
    }
}

names! {
    /// What an indicator says of a population.
    pub enum Verdict {
        /// Below tolerance even if every unknown record passed.
        Breach = "breach",
        /// Between tolerance and target at best.
        Lapse = "lapse",
        /// At or above target even if every unknown record failed.
        Met = "met",
        /// Nothing it could apply to, and that is no gap.
        NoOccurrence = "no_occurrence",
        /// Nothing it could apply to, and that is a gap in the evidence.
        NoData = "no_data",
        /// Too much is unknown to conclude.
        Inconclusive = "inconclusive",
    }
}

names! {
    /// How bad a missed indicator is.
    pub enum Severity {
        /// Never worse than a lapse.
        Minor = "minor",
        Major = "major",
        /// A single failing record is a breach.
        Critical = "critical",
    }
}

names! {
    /// The conformity status of a requirement, worst first.
    pub enum Status {
        /// An open finding a named person graded major.
        MajorNonconformity = "major_nonconformity",
        /// An open finding a named person graded minor.
        MinorNonconformity = "minor_nonconformity",
        /// An indicator breached and nobody has determined yet what that means.
        PotentialNonconformity = "potential_nonconformity",
        /// An indicator lapsed.
        Concern = "concern",
        /// Nothing adverse, but some topic has no fresh evidence.
        PartiallyEvidenced = "partially_evidenced",
        /// Every topic has fresh favourable evidence and nothing is adverse.
        Conforming = "conforming",
        /// There is no evidence.
        NotAssessed = "not_assessed",
        /// An Annex A control declared not applicable.
        NotApplicable = "not_applicable",
    }
}

names! {
    /// The status of both sides of a correspondence row together.
    pub enum JointStatus {
        /// Both sides conform.
        Conforming = "conforming",
        /// The ISO/IEC 27001 side has a nonconformity or a potential one.
        GapIsms = "gap_isms",
        /// The ISO/IEC 20000-1 side has a nonconformity or a potential one.
        GapSms = "gap_sms",
        /// Both sides have.
        GapBoth = "gap_both",
        /// Nothing worse than a concern on either side.
        Concern = "concern",
        /// Nothing adverse, but a side is not fully evidenced.
        Incomplete = "incomplete",
        /// Only one side asks for anything.
        SingleSided = "single_sided",
        /// A heading: what its child rows are, not counted.
        RollUp = "roll_up",
        /// Introductions and clauses 0 to 3 are no requirements.
        NotJudged = "not_judged",
    }
}

impl Status {
    /// True for a nonconformity, graded or potential.
    pub const fn is_gap(self) -> bool {
        matches!(self, Self::MajorNonconformity | Self::MinorNonconformity | Self::PotentialNonconformity)
    }

    /// True if something speaks against the requirement being fulfilled.
    pub const fn is_adverse(self) -> bool {
        self.is_gap() || matches!(self, Self::Concern)
    }
}
