# The service desk's export: incidents, events, requests, problems, changes, releases, complaints. The desk has every
# field below for every ticket and leaves empty ones out of its export, so what is missing is empty (null), not unknown.
# A code that no table knows is passed on as it is, so that the row is set aside naming it.
def code($table): if . == null then null else ($table[tostring] // .) end;
(.grid // "/" | split("/") | map(tonumber? // null)) as $grid
| (.change.odds // "/" | split("/") | map(tonumber? // null)) as $odds
| {
  external_id: .ref,
  url: ("https://tickets.northgate.example/" + .ref),
  updated_at: .saved,
  source_version: .rev,
  title: .subject,
  type: (.class | code({
    INC: "incident", EVT: "event", REQ: "service_request", PRB: "problem",
    CHG: "change", REL: "release", CMP: "complaint"
  })),
  state: (.status | code({
    "10": "open", "20": "in_progress", "30": "waiting", "40": "resolved", "50": "closed", "90": "cancelled"
  })),
  priority: (.prio | code({P1: 1, P2: 2, P3: 3, P4: 4})),
  impact: $grid[0],
  urgency: $grid[1],
  category: .cat,
  assignee: .agent,
  party: .customer,
  cause_party: .blame,
  opened_at: .times.open,
  resolved_at: .times.fixed,
  restored_at: .times.back,
  restoration_due_at: .times.due,
  closed_at: .times.shut,
  reviewed_at: .times.reviewed,
  sla_breached: (if .target == null then null else .target == "missed" end),
  major: (.major != null),
  declared_at: .major.declared,
  declared_reason: (.major.why | code({service: "service_impact", security: "security_impact", evidence: "evidence_delay"})),
  manager: .major.lead,
  management_informed_at: .major.board_told,
  customers_informed_at: .major.customers_told,
  security_class: (.security.class | code({O: "service", S: "security", SO: "both", N: "event"})),
  evidence_decision: (.security.evidence | code({yes: "needed", no: "not_needed"})),
  evidence_started_at: .security.began,
  evidence_collected_at: .security.taken,
  evidence_waived_by: .security.waiver,
  notification_required: (.security.notified != null),
  notified_at: .security.notified,
  restricted: (.restricted == true),
  need_to_know: (.knows // []),
  emergency: (.change.track == "emergency"),
  approved_by: .change.approver,
  approved_at: .change.approved,
  security_assessed_at: .change.infosec,
  controls_assessed: [.change.controls[]? | "iso27001-2013/" + .],
  likelihood_before: $odds[0],
  likelihood_after: $odds[1],
  back_out_plan: .change.backout,
  outcome: (.change.result | code({OK: "successful", FAIL: "failed", ROLLBACK: "backed_out"})),
  tested_at: .acceptance.ended,
  separate_test_environment: .acceptance.separate,
  test_data_protected: .acceptance.data_masked,
  root_cause: .root,
  workaround: .bypass,
  relations: {
    affects: ([.on.assets[]? | "configuration_item/" + .] + [.on.services[]? | "service/" + .]),
    caused_by: [.because[]? | "ticket/" + .]
  },
  attributes: {queue: .queue}
}
