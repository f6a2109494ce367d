# The risk register, one for service and security risks: the register column says whose criteria apply.
def code($table): if . == null then null else ($table[.] // .) end;
def day: if . == null then null else split(".") | reverse | join("-") end;
def words($separator): if . == null then [] else split($separator) end;
def degree: if . == null then null else (tonumber? // .) end;
{
  external_id: ."Risk No",
  url: ("https://risks.northgate.example/" + ."Risk No"),
  updated_at: ((.Assessed | day) + "T00:00:00Z"),
  title: .Statement,
  domain: (.Register | code({ISR: "security", SVR: "service", "ISR+SVR": "both"})),
  owner: .Owner,
  likelihood: (."Likelihood (1-5)" | degree),
  impact: (."Impact (1-5)" | degree),
  treatment: (.Response | code({mitigate: "modify", avoid: "avoid", share: "share", accept: "retain"})),
  status: (.Stage | code({raised: "identified", assessed: "assessed", planned: "assessed", done: "treated", gone: "closed"})),
  assessed_at: (.Assessed | day),
  treatment_due_at: (."Plan Due" | day),
  residual_level: (."Residual (1-5)" | degree),
  owner_accepted_at: (."Owner Sign-off" | day),
  service_authority_accepted_at: (."Service Board Sign-off" | day),
  method: .Method,
  services: (.Services | words(" ")),
  items: (.Items | words(" ")),
  customer: .Customer,
  customer_acceptance_required: (."Customer Must Accept" == "yes"),
  customer_accepted_at: (."Customer Sign-off" | day),
  controls: (.Controls | words(" ") | map("iso27001-2013/" + .))
}
