# The contract database. It lists the clauses a contract has; one that is not listed is known to be missing.
# Its last day is still in force, so the contract ends a day later.
def clause($name): any(.clauses[]; . == $name);
{
  external_id: .no,
  url: ("https://contracts.northgate.example/" + .no),
  updated_at: .saved,
  title: .name,
  type: (.kind as $kind | {MSA: "contract", SLA: "sla", OLA: "ola"}[$kind] // $kind),
  parties: .with,
  owner: .owner,
  starts_at: .term.from,
  ends_at: (.term.to | if . == null then null else (. + "T00:00:00Z" | fromdate) + 86400 | todate end),
  targets: .targets,
  security_obligations: clause("security"),
  right_to_audit: clause("audit"),
  evidence_terms: clause("evidence"),
  restoration_terms: clause("restoration"),
  termination_terms: clause("exit"),
  subcontractors: .subcontractors,
  last_review: .reviewed,
  relations: {covers: [.covers[] | "service/" + .]}
}
