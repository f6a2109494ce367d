# The assurance calendar of both management systems: audits, reviews, nonconformities, improvements, exercises. It is a
# table of days. Its entries are never incidents or changes: what would make them so is false or empty, not unknown.
def code($table): if . == null then null else ($table[.] // .) end;
def day: if . == null then null else split(".") | reverse | join("-") end;
def words($separator): if . == null then [] else split($separator) end;
(.Kind | code({
  "Internal audit": "audit", "Management review": "management_review", "Nonconformity": "nonconformity",
  "Improvement": "improvement", "Partner review": "review", "Customer review": "review",
  "Trend review": "review", "Security review": "review", "Exercise": "test"
})) as $type
| {
  external_id: .Entry,
  url: ("https://assurance.northgate.example/" + .Entry),
  updated_at: ((."Last Edit" | day) + "T00:00:00Z"),
  title: .Subject,
  type: $type,
  state: (.Status | code({planned: "open", running: "in_progress", closed: "closed", dropped: "cancelled"})),
  category: .Sort,
  priority: (.Rank | if . == null then null else tonumber end),
  assignee: .Lead,
  owner: .Answerable,
  party: .Partner,
  cause_party: ."Caused By",
  systems: (.Systems | words("+") | map(code({"27001": "isms", "20000": "sms"}))),
  opened_at: (.Raised | day),
  resolved_at: (.Done | day),
  restored_at: null,
  closed_at: (.Closed | day),
  major: false,
  security_class: null,
  restricted: false,
  need_to_know: [],
  emergency: false,
  outcome: (.Result | code({passed: "successful", failed: "failed"})),
  reviewed_at: (.Reviewed | day),
  root_cause: .Cause,
  security_checked: (."Security Looked At" | if . == null then null else . == "yes" end),
  report: .Report,
  auditor: (if $type == "audit" then .Lead else null end),
  audited_owner: (if $type == "audit" then .Answerable else null end),
  requirement: (.Clause | if . == null then null else
    split(" ") as [$standard, $number]
    | ($standard | code({"27001": "iso27001-2013", "20000-1": "iso20000-1-2011"})) + "/" + $number
  end),
  grade: .Grade,
  effectiveness_verified_at: (."Effect Checked" | day),
  relations: {affects: (.About | words(" ") | map("service/" + .))},
  attributes: {graded_by: ."Graded By"}
}
