# The service catalogue: one line per service. Its tiers stand for criticality, its phases for the status.
# A code that no table knows is passed on as it is, so that the row is set aside naming it.
def code($table): if . == null then null else ($table[.] // .) end;
{
  external_id: .code,
  url: ("https://catalogue.northgate.example/" + .code),
  updated_at: .edited,
  name: .title,
  owner: .accountable,
  criticality: (.tier | code({platinum: 4, gold: 3, silver: 2, bronze: 1})),
  status: (.phase | code({design: "planned", operation: "live", retiring: "closing", retired: "closed"})),
  customers: .subscribers,
  substitutes: .alternatives,
  security_requirements_agreed_at: .security_agreed,
  accepted_at: .accepted,
  removal_planned_at: .removal_planned,
  relations: {depends_on: [.builds_on[] | "service/" + .]}
}
