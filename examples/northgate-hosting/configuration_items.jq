# The configuration management database, exported as a table. Dates are day.month.year, ratings are letters
# (confidentiality/integrity/availability), lists are separated by spaces or bars. An unknown code is passed on as it is.
def code($table): if . == null then null else ($table[.] // .) end;
def day: if . == null then null else split(".") | reverse | join("-") end;
def words($separator): if . == null then [] else split($separator) end;
(."C/I/A" | words("/") | map(code({"-": 0, "L": 1, "M": 2, "H": 3}))) as $rating
| {
  external_id: ."Asset Tag",
  url: ("https://cmdb.northgate.example/ci/" + ."Asset Tag"),
  updated_at: ((."Last Edit" | day) + "T00:00:00Z"),
  name: ."Display Name",
  class: (."CI Class" | ascii_downcase | split(" ") | join("_")),
  status: (."Life Cycle" | ascii_downcase),
  environment: (.Env | code({PRD: "live", TST: "test", DEV: "development"})),
  site: .Location,
  unit: ."Org Unit",
  owner: .Accountable,
  criticality: (."Business Criticality" | code({Vital: 4, High: 3, Medium: 2, Low: 1})),
  confidentiality: $rating[0],
  integrity: $rating[1],
  availability: $rating[2],
  version: ."Installed Version",
  baseline_version: ."Baseline Version",
  last_verified_at: (."Last Verified" | day),
  access_reviewed_at: (."Access Reviewed" | day),
  support_ends_at: (."Support Ends" | day),
  controls: (.Controls | words(" ") | map("iso27001-2013/" + .)),
  labels: (."Asset Types" | words("|") | map(code({CI: "ci", INF: "information", FIN: "financial"}))),
  inventory_exception: .Exception,
  relations: {
    supports: (.Supports | words(" ") | map("service/" + .)),
    depends_on: (."Runs On" | words(" ") | map("configuration_item/" + .)),
    part_of: (."Component Of" | words(" ") | map("configuration_item/" + .))
  }
}
