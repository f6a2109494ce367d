# An SLA at work on a ticket: of the business time it allows, the share that went by.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def number($name): raw($name) | if . then gsub(","; "") | tonumber else null end;

{
  external_id: raw("sys_id"),
  updated_at: time("sys_updated_on"),
  source_version: (raw("sys_mod_count") // "0" | tonumber),

  service: raw("task.business_service"),
  metric: shown("sla"),
  unit: "percent of the time allowed",
  direction: "at_most",
  period_start: time("start_time"),
  period_end: time("end_time"),
  target: 100,
  actual: (number("business_percentage") // number("percentage")),

  attributes: (
    {
      ticket: raw("task"), number: raw("task.number"), stage: shown("stage"), has_breached: raw("has_breached"),
      planned_end_time: time("planned_end_time"), target: shown("sla.target"), type: shown("sla.type")
    }
    | map_values(values)
  )
}
# A response target is told apart where the definition says so.
+ (if raw("sla.target") == "response" then {aspect: "response"} else {} end)
